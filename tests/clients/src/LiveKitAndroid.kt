// LiveKit's Android client, whose token sources run on any JVM.

import io.livekit.android.token.TokenRequestOptions
import io.livekit.android.token.TokenSource
import java.net.URL
import java.util.Base64
import kotlinx.coroutines.runBlocking

/** Fetches a token with every option, and says 201 if the token has what was asked for. */
fun livekitAndroid(url: String): () -> Int {
    val source = TokenSource.fromEndpoint(URL(url), "POST", emptyMap())
    // The app is told nothing of the reason for a refusal, as the README says.
    val refused = runBlocking { source.fetch(TokenRequestOptions(roomName = "r".repeat(300))) }.exceptionOrNull()
    check(refused?.message == "Failed to decode response from token server") { "$refused" }
    val options = TokenRequestOptions(
        roomName = "android",
        participantName = "Ada 🚀",
        participantIdentity = "ada",
        participantMetadata = """{"plan":"pro"}""",
        participantAttributes = mapOf("lang" to "日本語"),
        agentName = "helper",
        agentMetadata = "greet",
    )
    return {
        val answer = runBlocking { source.fetch(options) }.getOrThrow()
        val claims = String(Base64.getUrlDecoder().decode(answer.participantToken.split(".")[1]))
        for (text in listOf("android", "Ada 🚀", "ada", "{\\\"plan\\\":\\\"pro\\\"}", "日本語", "helper", "greet")) {
            check("\"$text\"" in claims) { "no $text in $claims" }
        }
        check(answer.serverUrl == "ws://localhost:7880") { answer.serverUrl }
        201
    }
}
