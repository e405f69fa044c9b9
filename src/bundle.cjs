/**
 * Where the bundler starts: dist/index.cjs is made of this file, and each stub in dist/ calls one of its doors. It is
 * CommonJS because a bundle of ES modules dies at start (ssh2, below testcontainers, wants __dirname). Behind each door
 * everything is loaded only when it is opened.
 */
exports.cli = () => import('./cli.ts');
exports.action = () => import('./action.ts');
exports.processLife = () => import('./process-life.ts');
