/** fast-check, drawing the same cases in every run: no change is red for what another run would have found. FC_SEED draws others. */
import fc from 'fast-check';

fc.configureGlobal({seed: Number(process.env.FC_SEED ?? 1)});

export {fc};
