/**
 * The way out of this machine by HTTP: connections that are kept, through the proxy that the environment names. In: the
 * environment. Out: agents of Node, for our own client and for an SDK that would look for no proxy itself.
 */
import {Agent as HttpAgent} from 'node:http';
import {Agent as HttpsAgent} from 'node:https';

export type Agents = {
  http: HttpAgent;
  https: HttpsAgent;
  /** Not all that is asked goes to the server itself. */
  proxied: boolean;
};

export function agentsOf(environment: Record<string, string>): Agents {
  const {HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy} = environment;
  const proxyEnv = {HTTP_PROXY, HTTPS_PROXY, NO_PROXY, http_proxy, https_proxy, no_proxy};
  const options = {keepAlive: true, proxyEnv};
  return {
    http: new HttpAgent(options),
    https: new HttpsAgent(options),
    proxied: Boolean(HTTP_PROXY || HTTPS_PROXY || http_proxy || https_proxy),
  };
}
