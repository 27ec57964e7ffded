// http-proxy-middleware as its README has it, and behind a parser of bodies, which leaves it none to pass on.
const express = require('express');
const { createProxyMiddleware } = require('http-proxy-middleware');

const proxy = createProxyMiddleware({ target: 'http://127.0.0.1:3000' });
const app = express();
app.use((request, response, next) => {
  if (request.path.startsWith('/parsed')) {
    express.json()(request, response, () => {
      request.url = request.url.slice('/parsed'.length);
      proxy(request, response, next);
    });
  } else {
    proxy(request, response, next);
  }
});
app.listen(5173, '0.0.0.0');
