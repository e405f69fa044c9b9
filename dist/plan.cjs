const {action, processLife} = require('./index.cjs');
Promise.all([action(), processLife()]).then(([{plan}, {end}]) => plan().then(end));
