package server

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The cookie holds when it ends and a signature of that, so that nothing needs to be kept for it.
const (
	cookieName = "coder1"
	cookieLife = 90 * 24 * time.Hour
)

// Hash is what is kept of a token.
type Hash [sha256.Size]byte

// HashToken hashes a token. Tokens are random and long, so that a fast hash is enough.
func HashToken(token string) Hash { return sha256.Sum256([]byte(token)) }

// door knows who may come in.
type door struct {
	hash    Hash // of the owner's token; also signs cookies
	proxied bool
	now     func() time.Time

	mu       sync.Mutex
	oneTime  string
	attempts map[string]*rate.Limiter // by address
}

func newDoor(o Options) *door {
	return &door{hash: o.Token, proxied: o.Proxied, oneTime: o.OneTime, now: time.Now,
		attempts: map[string]*rate.Limiter{}}
}

// owns reports whether a token is the owner's.
func (d *door) owns(token string) bool {
	given := HashToken(token)
	return subtle.ConstantTimeCompare(given[:], d.hash[:]) == 1
}

// open reports whether a token opens the door.
func (d *door) open(token string) bool {
	if d.owns(token) {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.oneTime == "" || subtle.ConstantTimeCompare([]byte(token), []byte(d.oneTime)) != 1 {
		return false
	}
	d.oneTime = ""
	return true
}

// Login attempts: a few at once, then one every so often, per address.
const (
	loginBurst   = 10
	loginPause   = 3 * time.Second
	maxAddresses = 1000
)

// mayTry reports whether an address may try another token, or how long it has to wait.
func (d *door) mayTry(address string) (wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.attempts[address]
	if l == nil {
		if len(d.attempts) >= maxAddresses {
			clear(d.attempts)
		}
		l = rate.NewLimiter(rate.Every(loginPause), loginBurst)
		d.attempts[address] = l
	}
	if l.Allow() {
		return 0
	}
	return loginPause
}

func (d *door) sign(expiry string) string {
	mac := hmac.New(sha256.New, d.hash[:])
	mac.Write([]byte(cookieName + ":" + expiry))
	return hex.EncodeToString(mac.Sum(nil))
}

func (d *door) cookie() *http.Cookie {
	expiry := d.now().Add(cookieLife)
	at := strconv.FormatInt(expiry.Unix(), 10)
	return &http.Cookie{Name: cookieName, Value: at + "." + d.sign(at), Expires: expiry}
}

func (d *door) valid(c *http.Cookie) bool {
	at, signature, _ := strings.Cut(c.Value, ".")
	expiry, err := strconv.ParseInt(at, 10, 64)
	return err == nil && hmac.Equal([]byte(signature), []byte(d.sign(at))) && d.now().Unix() < expiry
}

// admits reports whether a request comes from the owner.
func (d *door) admits(r *http.Request) bool {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return d.owns(token)
	}
	c, err := r.Cookie(cookieName)
	return err == nil && d.valid(c)
}

// public are the parts of the API that anyone may ask for.
var public = map[string]bool{
	"/api/health": true, "/api/login": true, "/api/logout": true,
	"/api/openapi.json": true, "/api/openapi.yaml": true,
}

// OwnerCookie is a cookie of the owner's, for a program of this machine that has the hash of the token.
func OwnerCookie(hash Hash) *http.Cookie { return newDoor(Options{Token: hash}).cookie() }

// guard lets the owner through, and everyone to what is public. What another site's page sends is refused.
func (d *door) guard(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, newProblem(http.StatusForbidden, "requests from other sites' pages are refused"))
	}))
	return crossOrigin.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/") || public[r.URL.Path] || d.admits(r) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), visitorKey{}, d.visitor(r))))
			return
		}
		if r.Header.Get("Authorization") != "" {
			if wait := d.mayTry(d.visitor(r).address); wait > 0 {
				writeProblem(w, tooMany(wait))
				return
			}
		}
		w.Header().Set("WWW-Authenticate", "Bearer")
		writeProblem(w, newProblem(http.StatusUnauthorized, "log in first, or send the token as Authorization: Bearer TOKEN"))
	}))
}

// visitor is what a login needs to know of a request.
type visitor struct {
	address string
	secure  bool // the browser's side of the connection is encrypted
	known   bool
}

type visitorKey struct{}

func visitorOf(ctx context.Context) visitor {
	v, _ := ctx.Value(visitorKey{}).(visitor)
	return v
}

func (d *door) visitor(r *http.Request) visitor {
	v := visitor{secure: r.TLS != nil, known: d.admits(r)}
	v.address, _, _ = net.SplitHostPort(r.RemoteAddr)
	if d.proxied {
		hops := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
		v.address = strings.TrimSpace(hops[len(hops)-1])
		v.secure = v.secure || r.Header.Get("X-Forwarded-Proto") == "https"
	}
	return v
}

type loginInput struct {
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"1000" doc:"The owner's token, or the one of a start-up link"`
	}
}

type cookieOutput struct {
	Cookie http.Cookie `header:"Set-Cookie"`
}

func (s *Server) login(ctx context.Context, in *loginInput) (*cookieOutput, error) {
	v := visitorOf(ctx)
	if wait := s.door.mayTry(v.address); wait > 0 {
		return nil, tooMany(wait)
	}
	if !s.door.open(in.Body.Token) && !v.known {
		s.log.Warn("a login failed", "address", v.address)
		return nil, newProblem(http.StatusUnauthorized, "the token is not right; it is CODER1_TOKEN, or was printed at the first start")
	}
	return finish(s.door.cookie(), v), nil
}

func tooMany(wait time.Duration) *Problem {
	p := newProblem(http.StatusTooManyRequests, fmt.Sprintf("too many attempts; try again in %d seconds", int(wait.Seconds())))
	p.retryAfter = wait
	return p
}

func (s *Server) logout(ctx context.Context, _ *struct{}) (*cookieOutput, error) {
	return finish(&http.Cookie{Name: cookieName, MaxAge: -1}, visitorOf(ctx)), nil
}

func finish(c *http.Cookie, v visitor) *cookieOutput {
	c.Path, c.HttpOnly, c.SameSite, c.Secure = "/", true, http.SameSiteStrictMode, v.secure
	return &cookieOutput{Cookie: *c}
}
