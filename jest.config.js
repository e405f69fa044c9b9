/** ES modules all the way: `node --experimental-vm-modules node_modules/jest/bin/jest.js` (scripts/test.mjs does it). */
const typescript = {
  '\\.ts$': [
    '@swc/jest',
    {
      jsc: {
        parser: {syntax: 'typescript', explicitResourceManagement: true},
        target: 'es2024',
      },
      module: {type: 'es6'},
    },
  ],
};

/** @param {string} name */
const project = name => ({
  displayName: name,
  rootDir: import.meta.dirname,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  extensionsToTreatAsEsm: ['.ts'],
  transform: typescript,
  testEnvironment: 'node',
});

export default {
  // Drills by the dozen on a machine that has other work; a test that hangs still ends.
  testTimeout: 600_000,
  // jest would leave one core for itself, and on two cores run all files one after the other.
  maxWorkers: '100%',
  projects: [
    {...project('unit'), testMatch: ['<rootDir>/test/unit/**/*.test.ts', '<rootDir>/test/tidy.test.ts']},
    project('contract'),
    project('sabotage'),
    project('e2e'),
  ],
};
