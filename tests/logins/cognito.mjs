// Cognito's API as the AWS SDKs call it, for the servers that stand in for it.

import assert from 'node:assert/strict'

const [USERNAME, PASSWORD] = ['ada@example.com', 'Correct-horse-1']

async function call(url, action, body) {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${action}`,
      // Some choose the region by it, and none checks it.
      authorization: 'AWS4-HMAC-SHA256 Credential=id/20261129/eu-central-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify(body),
  })
  const answer = await response.json()
  assert.equal(response.status, 200, JSON.stringify(answer))
  return answer
}

/** Makes a pool with one app and one person, who logs in. Returns pool, client, and the access and ID tokens. */
export async function logInToPool(url) {
  const { UserPool: { Id: pool } } = await call(url, 'CreateUserPool', { PoolName: 'people' })
  const { UserPoolClient: { ClientId: client } } = await call(url, 'CreateUserPoolClient', {
    UserPoolId: pool, ClientName: 'app', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
  })
  const person = { UserPoolId: pool, Username: USERNAME }
  await call(url, 'AdminCreateUser', {
    ...person, MessageAction: 'SUPPRESS', UserAttributes: [{ Name: 'email', Value: USERNAME }], DesiredDeliveryMediums: ['EMAIL'],
  })
  await call(url, 'AdminSetUserPassword', { ...person, Password: PASSWORD, Permanent: true })
  const { AuthenticationResult: { AccessToken: access, IdToken: id } } = await call(url, 'InitiateAuth', {
    ClientId: client, AuthFlow: 'USER_PASSWORD_AUTH', AuthParameters: { USERNAME, PASSWORD },
  })
  return { pool, client, access, id }
}
