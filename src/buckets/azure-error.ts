import type { AppError } from '../domain/errors.ts';
import { type Failure, type Meaning, plainCodeIn, type StorePlace, storeError } from './store-error.ts';

/** What the codes of Azure mean to us. */
const MEANING_OF_CODE: Readonly<Record<string, Meaning>> = {
  AccountIsDisabled: 'credentials',
  AuthenticationFailed: 'credentials',
  AuthorizationFailure: 'credentials',
  AuthorizationPermissionMismatch: 'credentials',
  AuthorizationProtocolMismatch: 'credentials',
  AuthorizationResourceTypeMismatch: 'credentials',
  AuthorizationServiceMismatch: 'credentials',
  AuthorizationSourceIPMismatch: 'credentials',
  InsufficientAccountPermissions: 'credentials',
  InvalidAuthenticationInfo: 'credentials',
  KeyBasedAuthenticationNotPermitted: 'credentials',
  NoAuthenticationInformation: 'credentials',
  PublicAccessNotPermitted: 'credentials',
  ContainerDisabled: 'no_bucket',
  ContainerNotFound: 'no_bucket',
  Md5Mismatch: 'damaged',
  Crc64Mismatch: 'damaged',
  AccountBeingCreated: 'away',
  ContainerBeingDeleted: 'away',
  InternalError: 'away',
  OperationTimedOut: 'away',
  ServerBusy: 'away',
  InvalidBlobName: 'refused',
  InvalidBlobType: 'refused',
  InvalidResourceName: 'refused',
  InvalidUri: 'refused',
  OutOfRangeInput: 'refused',
  RequestBodyTooLarge: 'refused',
  RequestUrlFailedToParse: 'refused',
};

/** What the library calls a failure for which it has no code of the store or of the network. */
const NO_CODE: readonly string[] = ['REQUEST_SEND_ERROR', 'PARSE_ERROR'];

/** A failed request as an error of ours: what could not be done, where, why, and what to look at. */
export function azureError(what: string, error: unknown, place: StorePlace): AppError {
  return storeError(what, error, failureOf(error), place, MEANING_OF_CODE);
}

/** Whether the store says that it has no such blob; it must say so itself, a 404 alone may come from anywhere. */
export function isNoSuchBlob(error: unknown): boolean {
  return failureOf(error).code === 'BlobNotFound';
}

/** What messages may tell about a container. */
export function storeOfAzure(container: string, host: string, secrets: readonly string[]): StorePlace {
  const connection = 'check AZURE_STORAGE_CONNECTION_STRING';
  return {
    bucket: `container "${container}"`,
    host,
    region: null,
    store: 'Azure Blob Storage',
    remedies: {
      address: `${connection}, and what answers in its place`,
      credentials: `${connection}, what it allows in container "${container}", and the clock of this station`,
      elsewhere: connection,
      no_bucket: 'check AZURE_CONTAINER_NAME',
    },
    secrets,
  };
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: '', status: undefined };
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
  const given = plainCodeIn(error.cause) || plainCodeIn(error);
  return { code: NO_CODE.includes(given) ? '' : given, status };
}
