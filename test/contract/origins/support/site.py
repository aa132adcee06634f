"""The site of the tests: WSGI by Python's own server, ASGI by uvicorn. Settings come as JSON."""

import json
import os
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

sys.path.insert(0, os.environ["EXAMPLES"] + "/python")
import waiting_room_pass
from waiting_room_pass import Entrance, WaitingRoomASGI, WaitingRoomWSGI

# Tests of what happens later need not wait for it.
for name, seconds in json.loads(os.environ.get("SECONDS", "{}")).items():
    setattr(waiting_room_pass, name, seconds)

entrance = Entrance(**json.loads(os.environ["SETTINGS"]))


def _page(claims, sent):
    return json.dumps({"site": True, "pass": claims, "sent": sent}).encode()


def wsgi_site(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [_page(environ["waiting_room.pass"], environ.get("HTTP_WAITING_ROOM_PASS"))]


async def asgi_site(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        return await send({"type": "lifespan.startup.complete"})
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return await send({"type": "websocket.close", "code": 1000})
    body = _page(scope["waiting_room.pass"], None)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


wsgi = WaitingRoomWSGI(wsgi_site, entrance)
asgi = WaitingRoomASGI(asgi_site, entrance)


class Threaded(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class Quiet(WSGIRequestHandler):
    def log_message(self, *_args):
        pass

    def address_string(self):
        return self.client_address[0]


if __name__ == "__main__":
    port = int(sys.argv[2])
    if sys.argv[1] == "wsgi":
        make_server("127.0.0.1", port, wsgi, Threaded, Quiet).serve_forever()
    else:
        import uvicorn

        uvicorn.run(asgi, host="127.0.0.1", port=port, log_level="warning")
