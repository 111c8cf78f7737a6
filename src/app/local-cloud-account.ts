/** Who the desk is at its local cloud, and where the token lies in the vault. */
export const LOCAL_USER = "1";
export const LOCAL_TOKEN = "local-cloud/token";
