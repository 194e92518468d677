package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"coder1/cloud/server"
)

// keys open the server's door.
type keys struct {
	hash    server.Hash // of the owner's token
	oneTime string
}

// keys finds the owner's token, CODER1_TOKEN or the one of an earlier start, or makes one. Only its hash is
// kept.
func (c *serveCommand) keys() (keys, error) {
	k := keys{oneTime: strings.ToLower(rand.Text())}
	if c.Token != "" {
		k.hash = server.HashToken(c.Token)
		return k, nil
	}
	hash, err := keptHash(c.Data)
	if errors.Is(err, fs.ErrNotExist) {
		return k, k.make(filepath.Join(c.Data, hashFile))
	}
	k.hash = hash
	return k, err
}

// hashFile holds the hash of the owner's token, in the data folder.
const hashFile = "token.sha256"

func keptHash(data string) (hash server.Hash, err error) {
	path := filepath.Join(data, hashFile)
	kept, err := os.ReadFile(path)
	if err != nil {
		return hash, fmt.Errorf("read the hash of the owner's token in the data folder (CODER1_DATA): %w", err)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(string(kept)))
	if copy(hash[:], raw); err != nil || len(raw) != len(hash) {
		return hash, fmt.Errorf("%s does not hold a hash: delete it to have a new token made, or set CODER1_TOKEN", path)
	}
	return hash, nil
}

func (k *keys) make(path string) error {
	token := strings.ToLower(rand.Text())
	k.hash = server.HashToken(token)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data folder (CODER1_DATA): %w", err)
	}
	if err := os.WriteFile(path, []byte(hex.EncodeToString(k.hash[:])+"\n"), 0o600); err != nil {
		return fmt.Errorf("keep the hash of the owner's token in the data folder (CODER1_DATA must be a folder that can be written): %w", err)
	}
	fmt.Printf("Your token, made for this first start; it is not shown again:\n\n    %s\n\n", token)
	return nil
}
