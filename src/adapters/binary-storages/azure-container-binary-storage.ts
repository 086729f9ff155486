import { AzureContainerOptions, openAzureContainer } from '../../buckets/azure-container.ts';
import { defineBinaryStorage } from '../../ports/binary-storage.ts';
import { binariesInBucket } from './bucket-binaries.ts';

export const azureContainerBinaryStorage = defineBinaryStorage({
  type: 'azure_container',
  remote: true,
  options: AzureContainerOptions,
  async open(options, context) {
    return binariesInBucket(await openAzureContainer(options, context), context.edgeName);
  },
});
