/**
 * The log-in to Azure that its SDKs share: environment, workload identity, managed identity, `az login` (which azure/login
 * does). The only importer of its package, which is loaded when no key and no SAS is at hand. Out comes what the
 * store's client asks for tokens; what a failed log-in means is azure-fault.ts's.
 */
import {DefaultAzureCredential} from '@azure/identity';
import {DrillError} from '../errors.ts';

export function azureIdentity(): DefaultAzureCredential {
  try {
    return new DefaultAzureCredential();
  } catch (cause) {
    throw new DrillError('usage/invalid', 'AZURE_TOKEN_CREDENTIALS names no login that there is', {
      hint: 'Write AzureCliCredential, WorkloadIdentityCredential, ManagedIdentityCredential, EnvironmentCredential, dev or prod, or leave it out.',
      cause,
    });
  }
}
