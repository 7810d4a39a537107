/** Taken out of the script when it is bundled. */
declare module '*.css';
