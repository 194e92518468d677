package git

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// ErrURL says that an address cannot be cloned from.
var ErrURL = errors.New("url is https://host/path, ssh://user@host/path, git://host/path or user@host:path")

// ErrLocalURL says that the address is of this machine.
var ErrLocalURL = errors.New("url is a file:// address, and this server clones from other machines only")

// address is where a repository is.
type address struct {
	url    string // without a password or token: fit to be shown, and what git is told
	secret string // what an Authorization header says, "" for nothing
}

// maxURL bounds an address, in bytes.
const maxURL = 2048

// shortAddress is the form that SSH has of its own: user@host:path.
var shortAddress = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*@[A-Za-z0-9][A-Za-z0-9.-]*:[^-\s:][^\s]*$`)

// parseAddress checks an address. Its errors do not repeat it, because it may hold a password.
func parseAddress(s string, local bool) (address, error) {
	s = strings.TrimSpace(s)
	if len(s) > maxURL || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return address{}, ErrURL
	}
	if shortAddress.MatchString(s) {
		return address{url: s}, nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Opaque != "" || u.Path == "" || u.Path == "/" || u.Fragment != "" || strings.HasPrefix(u.Hostname(), "-") {
		return address{}, ErrURL
	}
	switch u.Scheme {
	case "https":
		return takeSecret(u)
	case "ssh", "git":
		if _, set := u.User.Password(); set {
			return address{}, fmt.Errorf("%w; %s:// takes no password", ErrURL, u.Scheme)
		}
		if u.Host == "" || strings.HasPrefix(u.User.Username(), "-") {
			return address{}, ErrURL
		}
		return address{url: u.String()}, nil
	case "file":
		if !local {
			return address{}, ErrLocalURL
		}
		if u.Host != "" || u.User != nil || u.RawQuery != "" {
			return address{}, ErrURL
		}
		return address{url: u.String()}, nil
	}
	return address{}, ErrURL
}

// takeSecret takes user and password out of an address.
func takeSecret(u *url.URL) (address, error) {
	if u.Host == "" {
		return address{}, ErrURL
	}
	a := address{}
	if u.User != nil {
		password, _ := u.User.Password()
		a.secret = "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
		u.User = nil
	}
	a.url = u.String()
	return a, nil
}

// variables are what lets git in: the header goes to the address's host only, in the environment, where other
// programs do not see it as they see arguments, and is not written into the clone's configuration.
func (a address) variables() []string {
	if a.secret == "" {
		return nil
	}
	u, err := url.Parse(a.url)
	if err != nil {
		return nil
	}
	return []string{
		"GIT_CONFIG_COUNT=1",
		"GIT_CONFIG_KEY_0=http." + u.Scheme + "://" + u.Host + "/.extraHeader",
		"GIT_CONFIG_VALUE_0=Authorization: " + a.secret,
	}
}
