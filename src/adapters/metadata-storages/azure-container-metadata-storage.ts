import { AzureContainerOptions, openAzureContainer } from '../../buckets/azure-container.ts';
import { defineMetadataStorage } from '../../ports/metadata-storage.ts';
import { metadataInBucket } from './bucket-metadata.ts';

export const azureContainerMetadataStorage = defineMetadataStorage({
  type: 'azure_container',
  remote: true,
  options: AzureContainerOptions,
  async open(options, context) {
    return metadataInBucket(await openAzureContainer(options, context), context.edgeName);
  },
});
