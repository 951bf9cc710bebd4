export const packages = [];

export const load = () => import('../../../dist/index.js');

export const ways = [
  {
    name: 'auth0-api-ts',
    create({ ApiClient }, { issuer, audience }) {
      const client = new ApiClient({ domain: new URL(issuer).host, audience });
      return (accessToken) => client.verifyAccessToken({ accessToken });
    },
  },
];
