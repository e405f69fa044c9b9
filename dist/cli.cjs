#!/usr/bin/env node
require('node:module').enableCompileCache?.();
require('./index.cjs').cli().then(({main}) => main(process.argv.slice(2)));
