module.exports = {
  mode: 'development',
  entry: {},
  devServer: {
    host: '0.0.0.0',
    port: 5173,
    proxy: [{ context: ['/getToken', '/api/token'], target: 'http://127.0.0.1:3000' }],
  },
};
