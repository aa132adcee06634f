"""Tells a web server whether to let a request in: nginx `auth_request`, Caddy `forward_auth`.

204: let it in. 403, 302 or 503: the answer for the visitor. Settings come from the environment
(../README.md). It serves one address of the loopback interface only:

    uvicorn verifier:application --host 127.0.0.1 --port 9100 --no-access-log
"""

from waiting_room_pass import Entrance, Refusal, decide_asgi, send_refusal

_entrance = Entrance.from_environment()


async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        return await send({"type": "lifespan.startup.complete"})
    # The request of the visitor, as the web server describes it.
    headers = dict(scope["headers"])
    target = headers.get(b"x-forwarded-uri", b"/").decode("latin-1")
    method = headers.get(b"x-forwarded-method", b"GET").decode("latin-1")
    decision = await decide_asgi(_entrance, method, target, scope["headers"])
    if isinstance(decision, Refusal):
        return await send_refusal(send, decision)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})
