// POSTs to a token endpoint with each HTTP client of the JVM, one request after another, and prints a line
// for each that was answered: `CLIENT STATUS`. Between two rounds it waits for a line on standard input.
//
// Main URL REQUESTS CLIENT...

import io.ktor.client.HttpClient
import io.ktor.client.engine.HttpClientEngineFactory
import io.ktor.client.engine.cio.CIO
import io.ktor.client.engine.java.Java
import io.ktor.client.engine.okhttp.OkHttp
import io.ktor.client.request.post
import io.ktor.client.request.setBody
import io.ktor.client.statement.bodyAsText
import io.ktor.http.ContentType
import io.ktor.http.contentType
import java.net.URI
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import kotlin.system.exitProcess
import kotlinx.coroutines.runBlocking
import okhttp3.MediaType.Companion.toMediaType
import okhttp3.OkHttpClient
import okhttp3.Request
import okhttp3.RequestBody.Companion.toRequestBody

const val BODY = """{"room_name":"jvm","participant_identity":"client"}"""

/** A client with its defaults: sends one request, and returns the status. */
fun client(name: String, url: String): () -> Int = when (name) {
    "java" -> java.net.http.HttpClient.newHttpClient().let { client ->
        val request = HttpRequest.newBuilder(URI(url)).header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(BODY)).build();
        { client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() }
    }
    "okhttp" -> OkHttpClient().let { client ->
        val request = Request.Builder().url(url)
            .post(BODY.toRequestBody("application/json".toMediaType())).build();
        { client.newCall(request).execute().use { it.body!!.string(); it.code } }
    }
    "ktor-cio" -> ktor(CIO, url)
    "ktor-java" -> ktor(Java, url)
    "ktor-okhttp" -> ktor(OkHttp, url)
    "livekit-android" -> livekitAndroid(url)
    else -> error("no client is called $name")
}

fun ktor(engine: HttpClientEngineFactory<*>, url: String): () -> Int {
    val client = HttpClient(engine)
    return {
        runBlocking {
            val answer = client.post(url) {
                contentType(ContentType.Application.Json)
                setBody(BODY)
            }
            answer.bodyAsText()
            answer.status.value
        }
    }
}

fun main(arguments: Array<String>) {
    val (url, requests) = arguments
    val clients = arguments.drop(2).associateWith { client(it, url) }
    do {
        for ((name, send) in clients) {
            repeat(requests.toInt()) {
                println("$name " + runCatching(send).getOrElse { fault -> fault.toString() })
            }
        }
        println("done")
    } while (readlnOrNull() != null)
    // Some clients' threads would go on for a while.
    exitProcess(0)
}
