// Both forms of Vite's proxy: a string, and an object.
export default {
  server: {
    host: '0.0.0.0',
    port: 5173,
    strictPort: true,
    proxy: {
      '/getToken': 'http://127.0.0.1:3000',
      '/api/token': { target: 'http://127.0.0.1:3000' },
    },
  },
};
