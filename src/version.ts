/** Kept equal to package.json by a test; read at run time it would cost a file that the bundle does not have. */
export const VERSION = '0.1.0';
