/** How the console is built: static files with hashed names, ready to be served by any Spillway server. */
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, loadEnv } from 'vite'

const DEFAULT_SERVER = 'http://127.0.0.1:4510'

export default defineConfig(({ mode }) => {
  const environment = loadEnv(mode, import.meta.dirname, 'SPILLWAY_')
  const server = environment['SPILLWAY_URL'] ?? DEFAULT_SERVER
  return {
    root: import.meta.dirname,
    plugins: [react(), tailwindcss()],
    build: {
      outDir: 'dist',
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      rolldownOptions: {
        output: {
          codeSplitting: {
            groups: [
              // First, so that its setup has run before any module makes a schema.
              { name: 'zod', test: /node_modules\/zod\/|src\/zod-setup/, priority: 3 },
              {
                name: 'framework',
                test: /node_modules\/(react|react-dom|scheduler|@tanstack)\//,
                priority: 2,
              },
              // Small parts that every page shares travel together.
              { name: 'parts', test: /console\/src\/(api|ui)\/|contract\/src\//, priority: 1 },
            ],
          },
        },
      },
    },
    server: {
      proxy: { '/api': server, '/v1': server },
    },
  }
})
