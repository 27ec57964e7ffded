<?php
// LiveKit's PHP server. Its package is not among Debian's, so the token is put together here.

function base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

function token(array $body): string
{
    $now = time();
    $claims = [
        'iss' => 'devkey',
        'sub' => $body['participant_identity'] ?? 'quickstart-identity',
        'nbf' => $now - 5,
        'exp' => $now + 600,
        'name' => $body['participant_name'] ?? 'quickstart-username',
        'video' => ['roomJoin' => true, 'room' => $body['room_name'] ?? 'quickstart-room'],
    ];
    foreach (['metadata', 'attributes'] as $name) {
        if (isset($body["participant_$name"])) {
            $claims[$name] = $body["participant_$name"];
        }
    }
    $message = base64url('{"alg":"HS256","typ":"JWT"}') . '.' . base64url(json_encode($claims));
    return $message . '.' . base64url(hash_hmac('sha256', $message, 'secret', true));
}

$body = json_decode(file_get_contents('php://input'), true, 512, JSON_THROW_ON_ERROR);
http_response_code(201);
header('Content-Type: application/json');
echo json_encode(['server_url' => 'ws://localhost:7880', 'participant_token' => token($body)]);
