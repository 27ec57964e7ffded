vcl 4.1;

backend lkt {
    .host = "127.0.0.1";
    .port = "3000";
    .probe = { .url = "/healthz"; .interval = 500ms; }
}
