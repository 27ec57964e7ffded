"""A backend of FastAPI whose people log in with fastapi-users: ada@example.com, password `secret`. Prints its URL."""

import socket
import sys
import uuid
from types import SimpleNamespace

import uvicorn
from fastapi import FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.password import PasswordHelper

ADA = SimpleNamespace(
    id=uuid.UUID("0a1b2c3d-0000-4000-8000-000000000001"),
    email="ada@example.com",
    hashed_password=PasswordHelper().hash("secret"),
    is_active=True,
    is_verified=True,
    is_superuser=False,
)


class People:
    """A database of one person."""

    async def get(self, id):
        return ADA if id == ADA.id else None

    async def get_by_email(self, email):
        return ADA if email == ADA.email else None

    async def update(self, user, _):
        return user


class Manager(UUIDIDMixin, BaseUserManager):
    pass


async def manager():
    yield Manager(People())


def strategy():
    return JWTStrategy(secret=sys.argv[1], lifetime_seconds=3600)


backend = AuthenticationBackend("jwt", BearerTransport(tokenUrl="login"), strategy)
app = FastAPI()
app.include_router(FastAPIUsers(manager, [backend]).get_auth_router(backend))
listener = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
