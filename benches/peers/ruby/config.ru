# LiveKit's Ruby server on Sinatra; puma runs it with a worker a core. LiveKit's gem is not among
# Debian's packages, so the claims are put together here, with the jwt library that the gem uses.
require 'json'
require 'jwt'
require 'sinatra/base'

class Peer < Sinatra::Base
  set :environment, :production
  set :logging, false
  disable :protection, :sessions, :static

  def token(body)
    now = Time.now.to_i
    claims = {
      iss: 'devkey', sub: body['participant_identity'] || 'quickstart-identity', nbf: now - 5, exp: now + 600,
      name: body['participant_name'] || 'quickstart-username',
      video: { roomJoin: true, room: body['room_name'] || 'quickstart-room' }
    }
    claims[:metadata] = body['participant_metadata'] if body['participant_metadata']
    claims[:attributes] = body['participant_attributes'] if body['participant_attributes']
    JWT.encode(claims, 'secret', 'HS256')
  end

  post '/getToken' do
    body = JSON.parse(request.body.read)
    content_type :json
    status 201
    JSON.generate(server_url: 'ws://localhost:7880', participant_token: token(body))
  end
end

run Peer
