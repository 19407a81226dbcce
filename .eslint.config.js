import neostandard from 'neostandard'

export default [
  ...neostandard({ ts: true, ignores: ['dist', '.tap', 'node_modules'] }),
  // A promise that nobody awaits is a failure that nobody hears of. Only the types tell, which take their time to read: those of `lib` alone.
  {
    files: ['lib/**/*.ts'],
    ignores: ['**/*.d.ts'],
    languageOptions: { parserOptions: { project: 'tsconfig.cjs.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/no-misused-promises': 'error'
    }
  }
]
