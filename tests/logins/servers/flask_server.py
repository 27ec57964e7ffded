"""A backend of Flask whose people log in with Flask-JWT-Extended. Prints its URL."""

import sys

from flask import Flask, jsonify, request
from flask_jwt_extended import JWTManager, create_access_token, create_refresh_token, get_jwt_identity, jwt_required
from werkzeug.serving import make_server

app = Flask(__name__)
app.config["JWT_SECRET_KEY"] = sys.argv[1]
JWTManager(app)


@app.post("/login")
def login():
    name = request.json["username"]
    return jsonify(access_token=create_access_token(name), refresh_token=create_refresh_token(name))


@app.get("/me")
@jwt_required()
def me():
    return jsonify(name=get_jwt_identity())


server = make_server("127.0.0.1", 0, app)
print(f"http://127.0.0.1:{server.port}", flush=True)
server.serve_forever()
