#!/usr/bin/env bash
# Capacitor 8.5.2 (npm): `CapacitorHttp.post({ url, data })` without a Content-Type, as in Capacitor's own
# example, sends the data as JSON in a browser, under the browser's type for text. On Android it sends no body
# at all: the answer is that of an empty request. With the header `Content-Type: application/json`, both send
# it. Android's part runs here as it is in @capacitor/android, over empty stand-ins for Android's classes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @capacitor/core@8.5.2 @capacitor/android@8.5.2
mvn --quiet --batch-mode dependency:copy -DoutputDirectory="$folder/lib" \
    -Dartifact=com.vaadin.external.google:android-json:0.0.20131108.vaadin1 > /dev/null

android=node_modules/@capacitor/android/capacitor/src/main/java/com/getcapacitor
mkdir -p src/util src/stand-ins
cp "$android"/{JSObject,JSArray,JSValue,PluginCall}.java src
cp "$android"/plugin/util/{CapacitorHttpUrlConnection,ICapacitorHttpUrlConnection,HttpRequestHandler,MimeType}.java src/util
stand_in() { mkdir -p "src/stand-ins/$1"; printf 'package %s; public class %s { %s }\n' "$1" "$2" "$3" > "src/stand-ins/$1/$2.java"; }
stand_in android.os Build 'public static class VERSION { public static int SDK_INT = 34; } public static class VERSION_CODES { public static final int N = 24, O = 26; }'
stand_in android.os LocaleList 'public static LocaleList getDefault() { return new LocaleList(); } public int size() { return 1; } public java.util.Locale get(int i) { return java.util.Locale.US; }'
stand_in android.text TextUtils 'public static boolean isEmpty(CharSequence s) { return s == null || s.length() == 0; } public static String join(CharSequence d, Iterable<?> a) { return ""; } public static String join(CharSequence d, Object[] a) { return ""; }'
stand_in android.util Base64 'public static final int DEFAULT = 0; public static String encodeToString(byte[] b, int o, int n, int f) { return ""; } public static byte[] decode(String s, int f) { return null; }'
stand_in androidx.annotation None ''
printf 'package androidx.annotation; public @interface Nullable {}\n' > src/stand-ins/androidx.annotation/Nullable.java
stand_in com.getcapacitor Bridge 'public Bridge getConfig() { return this; } public String getOverriddenUserAgentString() { return null; } public void releaseCall(PluginCall c) {}'
stand_in com.getcapacitor Logger 'public static String tags(String... t) { return ""; } public static void error(String a, String b, Throwable t) {}'
stand_in com.getcapacitor MessageHandler 'public void sendResponseMessage(PluginCall c, PluginResult s, PluginResult e) {}'
stand_in com.getcapacitor PluginResult 'public PluginResult() {} public PluginResult(JSObject o) {} public PluginResult put(String n, Object v) { return this; }'
cat > src/Post.java <<'JAVA'
import com.getcapacitor.*;
import com.getcapacitor.plugin.util.HttpRequestHandler;
public class Post {
  public static void main(String[] options) throws Exception {
    PluginCall call = new PluginCall(new MessageHandler(), "CapacitorHttp", "1", "post", new JSObject(options[0]));
    HttpRequestHandler.request(call, "POST", new Bridge());
  }
}
JAVA
find src -name '*.java' > sources
javac -nowarn -Xlint:none -cp "lib/*" -d out @sources 2> /dev/null

cat > try.mjs <<'JS'
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { CapacitorHttp } from "@capacitor/core";
let what;
const server = createServer(async (request, response) => {
  console.log(`${what}: type ${request.headers["content-type"]}, body ${await text(request) || "none"}`);
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const url = `http://127.0.0.1:${server.address().port}/`;
for (const headers of [undefined, { "Content-Type": "application/json" }]) {
  const options = { url, headers, data: { room_name: "team" } };
  what = "web";
  await CapacitorHttp.post(options);
  what = "Android";
  await promisify(execFile)("java", ["-cp", "out:lib/*", "Post", JSON.stringify(options)]);
}
server.close();
JS
node try.mjs | tee output
diff output - <<'EXPECTED'
web: type text/plain;charset=UTF-8, body {"room_name":"team"}
Android: type undefined, body none
web: type application/json, body {"room_name":"team"}
Android: type application/json, body {"room_name":"team"}
EXPECTED
