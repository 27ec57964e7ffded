// One page for the proofs: its size does not matter.
export default {
  build: { outDir: '../.work/page', emptyOutDir: true, chunkSizeWarningLimit: 2000 },
  logLevel: 'warn',
};
