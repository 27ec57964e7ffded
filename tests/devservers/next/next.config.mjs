export default {
  rewrites: async () => [
    { source: '/getToken', destination: 'http://127.0.0.1:3000/getToken' },
    { source: '/api/token', destination: 'http://127.0.0.1:3000/api/token' },
  ],
};
