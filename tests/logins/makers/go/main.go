// Tokens by Go's makers of logins: prints a list of makers as makers.mjs has it.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	jwxjwt "github.com/lestrrat-go/jwx/v3/jwt"
	"github.com/spiffe/go-spiffe/v2/bundle/jwtbundle"
	"github.com/spiffe/go-spiffe/v2/spiffeid"
)

const secret = "a-secret-of-a-backend-that-has-more-than-the-sixty-four-bytes-of-HS512"

type maker struct {
	Name     string   `json:"name"`
	Flags    []string `json:"flags"`
	Keys     string   `json:"keys,omitempty"`
	Secret   string   `json:"secret,omitempty"`
	Identity string   `json:"identity"`
	Tokens   [][]any  `json:"tokens"`
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func flags(issuer string) []string {
	return []string{"--auth-issuer", issuer, "--auth-audience", "lkt"}
}

// golang-jwt writes one audience as a list, and times with a fraction if it is told so.
func golangJWT() []maker {
	claims := jwt.RegisteredClaims{
		Issuer: "https://go.example", Subject: "ada", Audience: jwt.ClaimStrings{"lkt"},
		ExpiresAt: jwt.NewNumericDate(time.Now().Add(5 * time.Minute)),
	}
	p521 := must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader))
	var byPublic, bySecret [][]any
	token := jwt.NewWithClaims(jwt.SigningMethodES512, claims)
	token.Header["kid"] = "a"
	byPublic = append(byPublic, []any{"ES512", must(token.SignedString(p521)), nil})
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
		signed := must(jwt.NewWithClaims(method, claims).SignedString([]byte(secret)))
		bySecret = append(bySecret, []any{method.Alg(), signed, nil})
		byPublic = append(byPublic, []any{method.Alg(), signed, "bad_signature"})
	}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p521.Public(), KeyID: "a", Algorithm: "ES512", Use: "sig"}}}
	keys := string(must(json.Marshal(set)))
	encoded := "base64:" + base64.StdEncoding.EncodeToString([]byte(secret))
	both := append(append([][]any{}, bySecret...), byPublic[0])
	return []maker{
		{Name: "golang-jwt, public keys", Flags: flags("https://go.example"), Keys: keys, Identity: "ada", Tokens: byPublic},
		{Name: "golang-jwt, a secret", Flags: flags("https://go.example"), Secret: encoded, Identity: "ada", Tokens: bySecret},
		{Name: "golang-jwt, both", Flags: flags("https://go.example"), Keys: keys, Secret: encoded, Identity: "ada", Tokens: both},
	}
}

// jwx writes an audience as a list, and keys without `use`.
func jwx() maker {
	set := jwk.NewSet()
	var tokens [][]any
	add := func(name string, alg jwa.SignatureAlgorithm, private any, public any) {
		key := must(jwk.Import(private))
		if err := key.Set(jwk.KeyIDKey, name); err != nil {
			panic(err)
		}
		if err := set.AddKey(must(jwk.PublicKeyOf(key))); err != nil {
			panic(err)
		}
		token := must(jwxjwt.NewBuilder().Issuer("https://jwx.example").Subject("ada").Audience([]string{"lkt"}).
			Expiration(time.Now().Add(5 * time.Minute)).Build())
		signed := must(jwxjwt.Sign(token, jwxjwt.WithKey(alg, key)))
		tokens = append(tokens, []any{name, string(signed), nil})
	}
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		key := must(ecdsa.GenerateKey(curve, rand.Reader))
		alg, _ := jwa.LookupSignatureAlgorithm(name)
		add(name, alg, key, key.Public())
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	add("EdDSA", jwa.EdDSA(), must(key, err), nil)
	return maker{
		Name: "jwx", Flags: flags("https://jwx.example"), Keys: string(must(json.Marshal(set))), Identity: "ada", Tokens: tokens,
	}
}

// A trust bundle of SPIFFE says `use: jwt-svid`, and an SVID has no `iss`.
func spiffe() maker {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	domain := spiffeid.RequireTrustDomainFromString("example.org")
	bundle := jwtbundle.FromJWTAuthorities(domain, map[string]crypto.PublicKey{"authority": key.Public()})
	keys := must(bundle.Marshal())
	var set map[string][]map[string]any
	if err := json.Unmarshal(keys, &set); err != nil {
		panic(err)
	}
	// SPIRE publishes the bundle of both kinds; go-spiffe's own has no `use`.
	for _, key := range set["keys"] {
		key["use"] = "jwt-svid"
	}
	signer := must(jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "authority"}}, nil))
	claims := josejwt.Claims{
		Subject: "spiffe://example.org/app", Audience: josejwt.Audience{"lkt"},
		Expiry: josejwt.NewNumericDate(time.Now().Add(5 * time.Minute)),
	}
	token := must(josejwt.Signed(signer).Claims(claims).Serialize())
	return maker{
		Name: "go-spiffe", Flags: []string{"--auth-no-issuer", "--auth-audience", "lkt"}, Keys: string(must(json.Marshal(set))),
		Identity: "spiffe://example.org/app", Tokens: [][]any{{"SVID", token, nil}},
	}
}

func main() {
	makers := append(golangJWT(), jwx(), spiffe())
	if err := json.NewEncoder(os.Stdout).Encode(makers); err != nil {
		panic(err)
	}
}
