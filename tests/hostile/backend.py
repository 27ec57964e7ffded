"""A backend for `--ask`, in a process of its own."""

import contextlib
import http.server
import multiprocessing
import time

FORK = multiprocessing.get_context("fork")


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


def serve(port, delay, answer):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(delay)
            self.send_response(200 if answer else 204)
            if answer:
                self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = Server(("127.0.0.1", 0), Handler)
    port.value = server.server_address[1]
    server.serve_forever()


@contextlib.contextmanager
def backend(delay=0.02, answer=b""):
    """Answers every question with this after so many seconds; nothing means yes. The URL is returned."""
    port = FORK.Value("i", 0)
    process = FORK.Process(target=serve, args=(port, delay, answer), daemon=True)
    process.start()
    try:
        while not port.value:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port.value}/"
    finally:
        process.terminate()
        process.join()
