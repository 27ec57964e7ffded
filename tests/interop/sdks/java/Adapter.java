import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.util.JsonFormat;
import io.livekit.server.AccessToken;
import io.livekit.server.SIPAdmin;
import io.livekit.server.SIPCall;
import io.livekit.server.VideoGrant;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import livekit.LivekitRoom.RoomConfiguration;

/** The adapter for Kotlin's and Java's `livekit-server`, which mints only: see sdks/README.md. */
public class Adapter {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Grants whose class has another name than the grant. */
    private static final Map<String, String> NAMES =
        Map.of("room", "RoomName", "destinationRoom", "DestinationRoomName");

    public static void main(String[] arguments) throws Exception {
        if (!arguments[0].equals("mint")) {
            throw new IllegalArgumentException("this SDK verifies no tokens");
        }
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            Map<String, String> answer;
            try {
                answer = Map.of("token", mint(JSON.readTree(line)));
            } catch (Exception refusal) {
                answer = Map.of("error", refusal.toString());
            }
            System.out.println(JSON.writeValueAsString(answer));
        }
    }

    private static String mint(JsonNode claims) throws Exception {
        AccessToken token =
            new AccessToken(System.getenv("LIVEKIT_API_KEY"), System.getenv("LIVEKIT_API_SECRET"));
        token.setTtl(10 * 60 * 1000);
        token.setIdentity(text(claims, "sub"));
        token.setName(text(claims, "name"));
        token.setMetadata(text(claims, "metadata"));
        token.setSha256(text(claims, "sha256"));
        token.setRoomPreset(text(claims, "roomPreset"));
        for (Map.Entry<String, JsonNode> attribute : claims.path("attributes").properties()) {
            token.getAttributes().put(attribute.getKey(), attribute.getValue().asText());
        }
        token.addGrants(videoGrants(claims.path("video")));
        JsonNode sip = claims.path("sip");
        if (sip.has("admin")) {
            token.addSIPGrants(new SIPAdmin(sip.get("admin").asBoolean()));
        }
        if (sip.has("call")) {
            token.addSIPGrants(new SIPCall(sip.get("call").asBoolean()));
        }
        if (claims.has("roomConfig")) {
            RoomConfiguration.Builder config = RoomConfiguration.newBuilder();
            // Its protocol is older than that of the table.
            JsonFormat.parser().ignoringUnknownFields().merge(claims.get("roomConfig").toString(), config);
            token.setRoomConfiguration(config.build());
        }
        return token.toJwt();
    }

    private static String text(JsonNode claims, String name) {
        return claims.has(name) ? claims.get(name).asText() : null;
    }

    /** The grants that the SDK has a class for. */
    private static List<VideoGrant> videoGrants(JsonNode video) throws Exception {
        List<VideoGrant> grants = new ArrayList<>();
        for (Map.Entry<String, JsonNode> grant : video.properties()) {
            String name = grant.getKey();
            String simple = NAMES.getOrDefault(name, name.substring(0, 1).toUpperCase() + name.substring(1));
            Class<?> type;
            try {
                type = Class.forName("io.livekit.server." + simple);
            } catch (ClassNotFoundException absent) {
                continue;
            }
            JsonNode value = grant.getValue();
            Object argument = value.isBoolean() ? (Object) value.asBoolean()
                : value.isTextual() ? value.asText()
                : JSON.convertValue(value, List.class);
            grants.add((VideoGrant) type.getConstructors()[0].newInstance(argument));
        }
        return grants;
    }
}
