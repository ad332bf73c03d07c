#!/bin/sh
# What runs in the guest: the tests beside this file. Arguments: the repository, the folder of the built package `socketcan`, and the
# files, of all. Written is the layer in memory: the package looks as if it were installed.
cd "$1" || exit 1
ln -sfn "$2" node_modules/socketcan
shift 2
ip link set lo up
export CI=true NO_COLOR=1
exec node_modules/.bin/node node_modules/vitest/vitest.mjs run --config test/socketcan/in-guest/vitest.config.ts "$@"
