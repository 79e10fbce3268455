import { defineConfig } from 'vitest/config';

const BASE = '/_orderly/console/';
const SERVER = process.env.ORDERLY_ENDPOINT ?? 'http://127.0.0.1:4566';

export default defineConfig({
  base: BASE,
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the policy of the page allows no data: script or style
    modulePreload: { polyfill: false },
  },
  server: {
    // Everything but the console itself is the server's, as in the binary.  The server refuses pages of other
    // origins, and the page under development is one.
    proxy: {
      [`^(?!${BASE}(?!session))`]: {
        target: SERVER,
        configure: proxy =>
          proxy.on('proxyReq', request => {
            for (const name of ['origin', 'referer', 'sec-fetch-site', 'sec-fetch-mode'])
              request.removeHeader(name);
          }),
      },
    },
  },
  // A test that needs a document begins with @vitest-environment happy-dom: making one takes longer than the tests.
  test: { environment: 'node', pool: 'threads', include: ['test/**/*.test.{ts,tsx}'] },
});
