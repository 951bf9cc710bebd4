/** What a process costs that does nothing. */
export const packages = [];

export const load = async () => undefined;
