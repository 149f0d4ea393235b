/** The number of the user that this process runs as; undefined where the system has no users. */
export const processUser: number | undefined = process.geteuid?.();
