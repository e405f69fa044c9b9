const {action, processLife} = require('./index.cjs');
Promise.all([action(), processLife()]).then(([{post}, {end}]) => post().then(end));
