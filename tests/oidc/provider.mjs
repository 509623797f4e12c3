// A real OpenID Connect provider (npm's oidc-provider) on 127.0.0.1, for tests/story/federated_sign_in.rs.
//
//   node provider.mjs '{"port": 0, "redirect": "http://127.0.0.1:1/…", "secret": "…", "algorithm": "ES256"}'
//
// It prints one line of JSON with its issuer and ends when its standard input is closed, so that it
// never outlives the test. Nobody types a password: whoever comes is the person that the test named with
// POST /test/next {"sub": "…", "acr": "…", "deny": false}.

import { createServer } from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Provider } from 'oidc-provider';

const given = JSON.parse(process.argv[2]);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));

let next = { sub: 'nobody', acr: undefined, deny: false };

// A new key at every start, under a new name: a restart on the same port is a change of keys.
const kind = given.algorithm === 'RS256' ? ['rsa', { modulusLength: 2048 }] : ['ec', { namedCurve: 'P-256' }];
const { privateKey } = generateKeyPairSync(...kind);
const jwk = {
  ...privateKey.export({ format: 'jwk' }),
  use: 'sig',
  alg: given.algorithm,
  kid: randomBytes(6).toString('hex'),
};

const server = createServer();
server.listen(given.port, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: 'urval',
      client_secret: given.secret,
      redirect_uris: [given.redirect],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: given.method ?? 'client_secret_basic',
      id_token_signed_response_alg: given.algorithm,
    }],
    jwks: { keys: [jwk] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    acrValues: ['loa1', 'loa2', 'loa3'],
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    ttl: { AccessToken: 60, AuthorizationCode: 60, IdToken: 300, Interaction: 60, Session: 600, Grant: 600 },
  });
  provider.use(async (ctx, following) => {
    if (ctx.path === '/test/next') {
      let text = '';
      for await (const chunk of ctx.req) text += chunk;
      next = JSON.parse(text);
      ctx.body = 'ok';
      return;
    }
    if (!ctx.path.startsWith('/interaction/')) {
      await following();
      return;
    }
    const { params } = await provider.interactionDetails(ctx.req, ctx.res);
    let result = { error: 'access_denied', error_description: 'the person said no' };
    if (!next.deny) {
      const grant = new provider.Grant({ accountId: next.sub, clientId: params.client_id });
      grant.addOIDCScope('openid');
      result = {
        login: { accountId: next.sub, acr: next.acr, ts: next.auth_time },
        consent: { grantId: await grant.save() },
      };
    }
    ctx.respond = false;
    await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
  });
  server.on('request', provider.callback());
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});
