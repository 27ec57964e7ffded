// Tokens by Java's makers of logins: prints a list of makers as makers.mjs has it.

import com.auth0.jwt.JWT;
import com.auth0.jwt.algorithms.Algorithm;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.jsonwebtoken.Jwts;
import io.jsonwebtoken.io.Encoders;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;

class Makers {
    static final String ISSUER = "https://java.example";
    static final Date EXPIRY = new Date(System.currentTimeMillis() + 300_000);

    static Map<String, Object> maker(String name, String form, Object keys, List<List<String>> tokens) {
        List<String> flags = List.of("--auth-issuer", ISSUER, "--auth-audience", "lkt");
        return Map.of("name", name, "flags", flags, form, keys, "identity", "ada", "tokens", tokens);
    }

    /** A token that is accepted. */
    static List<String> good(String name, String token) {
        return Arrays.asList(name, token, null);
    }

    /** jjwt chooses the algorithm by the size of the key, and shows its secrets in base64. */
    static void jjwt(List<Object> makers) {
        for (var algorithm : List.of(Jwts.SIG.HS256, Jwts.SIG.HS384, Jwts.SIG.HS512)) {
            var key = algorithm.key().build();
            String token = Jwts.builder().issuer(ISSUER).subject("ada").audience().add("lkt").and()
                .expiration(EXPIRY).signWith(key).compact();
            String secret = "base64:" + Encoders.BASE64.encode(key.getEncoded());
            makers.add(maker("jjwt, " + algorithm.getId(), "secret", secret, List.of(good(algorithm.getId(), token))));
        }
        for (var algorithm : List.of(Jwts.SIG.ES256, Jwts.SIG.ES512, Jwts.SIG.RS512, Jwts.SIG.PS256)) {
            KeyPair pair = algorithm.keyPair().build();
            String token = Jwts.builder().issuer(ISSUER).subject("ada").audience().single("lkt")
                .expiration(EXPIRY).signWith(pair.getPrivate(), algorithm).compact();
            String pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded()) + "\n-----END PUBLIC KEY-----\n";
            makers.add(maker("jjwt, " + algorithm.getId() + " with PEM", "keys", pem, List.of(good("one", token))));
        }
    }

    static void nimbus(List<Object> makers) throws Exception {
        List<JWK> keys = new ArrayList<>();
        List<List<String>> tokens = new ArrayList<>();
        for (var algorithm : Map.of(JWSAlgorithm.ES256, Curve.P_256, JWSAlgorithm.ES512, Curve.P_521).entrySet()) {
            String name = algorithm.getKey().getName();
            ECKey key = new ECKeyGenerator(algorithm.getValue()).keyID(name).keyUse(KeyUse.SIGNATURE).generate();
            var claims = new JWTClaimsSet.Builder().issuer(ISSUER).subject("ada").audience("lkt").expirationTime(EXPIRY);
            var token = new SignedJWT(new JWSHeader.Builder(algorithm.getKey()).keyID(name).build(), claims.build());
            token.sign(new ECDSASigner(key));
            keys.add(key);
            tokens.add(good(name, token.serialize()));
        }
        makers.add(maker("nimbus", "keys", new JWKSet(keys).toString(), tokens));
    }

    static void javaJwt(List<Object> makers) {
        String secret = "a-secret-of-a-backend-that-has-more-than-the-sixty-four-bytes-of-HS512";
        String token = JWT.create().withIssuer(ISSUER).withSubject("ada").withAudience("lkt").withExpiresAt(EXPIRY)
            .sign(Algorithm.HMAC384(secret));
        String encoded = "base64:" + Base64.getEncoder().encodeToString(secret.getBytes());
        makers.add(maker("java-jwt", "secret", encoded, List.of(good("HS384", token))));
    }

    public static void main(String[] args) throws Exception {
        List<Object> makers = new ArrayList<>();
        jjwt(makers);
        nimbus(makers);
        javaJwt(makers);
        System.out.println(new ObjectMapper().writeValueAsString(makers));
    }
}
