#!/usr/bin/env node
// Runs the lkt of this platform, which comes as a package of its own: @lkt/linux-x64 and the like.
'use strict';

const { spawn } = require('node:child_process');
const { optionalDependencies } = require('../package.json');

const SCOPE = '@lkt/';
const platform = `${process.platform}-${process.arch}`;

/** The path of the program in the package of a platform, or undefined if that is not installed. */
function programOf(name) {
  try {
    return require.resolve(`${SCOPE}${name}/lkt${name.startsWith('win32-') ? '.exe' : ''}`);
  } catch {
    return undefined;
  }
}

/** Why there is no program, and what to do. */
function explanation() {
  const platforms = Object.keys(optionalDependencies).map((name) => name.slice(SCOPE.length));
  if (!platforms.includes(platform)) {
    return `lkt has no npm package for ${platform}, only for ${platforms.join(', ')}; with Rust, \`cargo install lkt\` builds it`;
  }
  const other = platforms.find(programOf);
  if (other !== undefined) {
    return `this node_modules was installed for ${other} and runs on ${platform}; delete it and install again here`;
  }
  return `the package ${SCOPE}${platform} is missing; it is an optional dependency of lkt, so install again without --omit=optional or --no-optional, and with a lock file that has it`;
}

/** Runs the program as a child, and ends as it ends. */
function run(program, args) {
  // The handlers come first: a signal may arrive as soon as the child runs. They are called after this
  // function, when there is a child.
  let child;
  // A terminal sends Ctrl-C to every process of the group: passed on, it would arrive twice.
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  process.on('SIGINT', () => terminal || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => child.kill(signal));
  }
  child = spawn(program, args, { stdio: 'inherit' });
  child.on('error', (error) => {
    console.error(`error: cannot run ${program}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) {
      process.exit(code);
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

const program = programOf(platform);
if (program === undefined) {
  console.error(`error: ${explanation()}`);
  process.exit(1);
}
run(program, process.argv.slice(2));
