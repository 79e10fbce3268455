/** Lambda's layers: packages that functions share, in versions that do not change. */
import type { PageOf } from '../ui/pages';
import { lambda, lambdaPage, orUndefined, PACKAGE_SHOWN } from './lambda';

export interface LayerVersion {
  LayerVersionArn: string;
  Version: number;
  Description?: string;
  CreatedDate: string;
  CompatibleRuntimes?: string[];
  CompatibleArchitectures?: string[];
  LicenseInfo?: string;
}

export interface Layer {
  LayerName: string;
  LayerArn: string;
  LatestMatchingVersion: LayerVersion;
}

export interface LayerVersionDetails extends LayerVersion {
  Content: { Location: string; CodeSha256: string; CodeSize: number };
}

const LAYERS = '/2018-10-31/layers';

function versionsPath(layer: string, version?: number): string {
  return `${LAYERS}/${encodeURIComponent(layer)}/versions${version === undefined ? '' : `/${version}`}`;
}

export function layersPage(marker?: string, signal?: AbortSignal): Promise<PageOf<Layer>> {
  return lambdaPage({ operation: 'ListLayers', path: LAYERS, member: 'Layers' }, marker, signal);
}

/** The newest first. */
export function layerVersionsPage(
  layer: string,
  marker?: string,
  signal?: AbortSignal,
): Promise<PageOf<LayerVersion>> {
  const list = { operation: 'ListLayerVersions', path: versionsPath(layer), member: 'LayerVersions' };
  return lambdaPage(list, marker, signal);
}

export function getLayerVersion(
  layer: string,
  version: number,
  signal?: AbortSignal,
): Promise<LayerVersionDetails> {
  return lambda('GetLayerVersion', 'GET', versionsPath(layer, version), {}, { signal, quiet: true });
}

export type NewVersion = Pick<
  LayerVersion,
  'Description' | 'CompatibleRuntimes' | 'CompatibleArchitectures' | 'LicenseInfo'
>;

export function publishLayerVersion(
  layer: string,
  settings: NewVersion,
  zip: string,
): Promise<LayerVersionDetails> {
  return lambda('PublishLayerVersion', 'POST', versionsPath(layer), {
    names: { LayerName: layer },
    body: { ...settings, Content: { ZipFile: zip } },
    shown: { ...settings, Content: { ZipFile: PACKAGE_SHOWN } },
  });
}

export async function deleteLayerVersion(layer: string, version: number): Promise<void> {
  await lambda('DeleteLayerVersion', 'DELETE', versionsPath(layer, version), {
    names: { LayerName: layer, VersionNumber: version },
  });
}

/* ---- who else may use a version ---- */

export interface LayerPermission {
  StatementId: string;
  Action: 'lambda:GetLayerVersion';
  Principal: string;
  OrganizationId?: string;
}

/** The policy's document as a text. */
export async function layerVersionPolicy(
  layer: string,
  version: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const path = `${versionsPath(layer, version)}/policy`;
  const found = await orUndefined(
    lambda<{ Policy: string }>('GetLayerVersionPolicy', 'GET', path, {}, { signal, quiet: true }),
  );
  return found?.Policy;
}

export async function addLayerVersionPermission(
  layer: string,
  version: number,
  permission: LayerPermission,
): Promise<void> {
  await lambda('AddLayerVersionPermission', 'POST', `${versionsPath(layer, version)}/policy`, {
    names: { LayerName: layer, VersionNumber: version },
    body: permission,
  });
}

export async function removeLayerVersionPermission(
  layer: string,
  version: number,
  statementId: string,
): Promise<void> {
  const path = `${versionsPath(layer, version)}/policy/${encodeURIComponent(statementId)}`;
  await lambda('RemoveLayerVersionPermission', 'DELETE', path, {
    names: { LayerName: layer, VersionNumber: version, StatementId: statementId },
  });
}
