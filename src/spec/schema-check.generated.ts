// Generated from bundles.schema.json by `npm run generate`. Do not edit.
// @ts-nocheck
import { createRequire } from 'node:module';
import type { ErrorObject } from 'ajv';
import type { BundlesDocument, Registries } from './bundles-file.generated.ts';
import { SCHEMA_FORMATS } from './text-formats.ts';

/** Leaves what is wrong in `errors`. */
export interface Validator<Value> {
  (value: unknown): value is Value;
  readonly errors?: ErrorObject[] | null;
}

const ucs2length = createRequire(import.meta.url)('ajv/dist/runtime/ucs2length').default;
export const isBundles: Validator<BundlesDocument> = validate10;
const schema11 = {"$id":"bundles","$ref":"bundles.schema.json"};
const schema12 = {"$schema":"http://json-schema.org/draft-07/schema#","title":"BundlesDocument","description":"What airkit packs: named sets of container images, selected by pattern from engines, registries and files.","type":"object","additionalProperties":false,"required":["apiVersion","kind","bundles"],"properties":{"$schema":{"type":"string","description":"Address of this schema, for editors. airkit ignores it."},"apiVersion":{"type":"string","enum":["airkit.dev/v1"],"description":"Version of the file format."},"kind":{"type":"string","enum":["Bundles"],"description":"Always Bundles."},"defaults":{"$ref":"#/definitions/defaults"},"registries":{"$ref":"#/definitions/registries"},"bundles":{"type":"array","description":"The bundles. Each becomes one kit.","minItems":1,"items":{"$ref":"#/definitions/bundle"}}},"allOf":[{"if":{"required":["defaults"],"properties":{"defaults":{"required":["version"]}}},"else":{"properties":{"bundles":{"items":{"required":["version"]}}}}},{"if":{"required":["defaults"],"properties":{"defaults":{"anyOf":[{"required":["images"]},{"required":["containers"]}]}}},"else":{"properties":{"bundles":{"items":{"anyOf":[{"required":["images"]},{"required":["containers"]}]}}}}}],"definitions":{"registriesFile":{"type":"object","description":"How a machine or a person reaches registries: /etc/airkit/registries.yaml and $XDG_CONFIG_HOME/airkit/registries.yaml.","additionalProperties":false,"required":["registries"],"properties":{"$schema":{"type":"string","description":"Address of this schema, for editors. airkit ignores it."},"apiVersion":{"type":"string","enum":["airkit.dev/v1"],"description":"Version of the file format. May be left out."},"kind":{"type":"string","enum":["Registries"],"description":"Always Registries. May be left out."},"registries":{"$ref":"#/definitions/registries"}}},"registries":{"type":"object","description":"How to reach registry hosts, by HOST or HOST:PORT. A bundles file adds to registries.yaml of the person ($XDG_CONFIG_HOME/airkit) and of the machine (/etc/airkit): of each host, each setting comes from the first of the three that has it.","propertyNames":{"format":"airkit-registry-host"},"additionalProperties":{"$ref":"#/definitions/registry"}},"defaults":{"type":"object","description":"Any bundle or selector field, written once. Maps are merged member by member; a list or scalar given again replaces the default.","additionalProperties":false,"properties":{"version":{"$ref":"#/definitions/version"},"serial":{"$ref":"#/definitions/serial"},"expires":{"$ref":"#/definitions/expires"},"description":{"$ref":"#/definitions/description"},"images":{"$ref":"#/definitions/images"},"containers":{"$ref":"#/definitions/containers"},"rename":{"$ref":"#/definitions/rename"},"output":{"$ref":"#/definitions/output"},"sign":{"$ref":"#/definitions/sign"},"from":{"$ref":"#/definitions/from"},"include":{"$ref":"#/definitions/include"},"exclude":{"$ref":"#/definitions/exclude"},"labels":{"$ref":"#/definitions/labels"},"platforms":{"$ref":"#/definitions/platforms"},"optional":{"$ref":"#/definitions/optional"},"semver":{"$ref":"#/definitions/semver"},"newest":{"$ref":"#/definitions/newest"},"referrers":{"$ref":"#/definitions/referrers"},"as":{"$ref":"#/definitions/as"},"keepConfig":{"$ref":"#/definitions/keepConfig"},"changes":{"$ref":"#/definitions/changes"},"discover":{"$ref":"#/definitions/discover"}}},"registry":{"type":"object","description":"How to reach one registry host.","additionalProperties":false,"dependencies":{"cert":["key"],"key":["cert"]},"properties":{"mirrors":{"type":"array","description":"Hosts asked first, in this order, as HOST[:PORT][/PREFIX]. The host itself is asked last.","items":{"type":"string","format":"airkit-mirror"}},"rateLimit":{"type":"string","description":"Most manifest requests in a time, such as 100/6h, 10/s or 600/10m.","pattern":"^[1-9][0-9]{0,8}/([1-9][0-9]{0,5})?[smhd]$","format":"airkit-rate-limit"},"concurrency":{"type":"integer","description":"Most requests in flight at once.","minimum":1,"maximum":64},"ca":{"type":"string","description":"PEM file of certificate authorities trusted for this host, relative to this file.","format":"airkit-path"},"cert":{"type":"string","description":"PEM file of the client certificate, relative to this file. Needs key.","format":"airkit-path"},"key":{"type":"string","description":"PEM file of the client certificate's key, relative to this file. Needs cert.","format":"airkit-path"},"plainHttp":{"type":"boolean","description":"Speak HTTP without TLS to this host. Default false."}}},"bundle":{"type":"object","description":"One named set of images, packed into one kit. Holds images, containers or both.","additionalProperties":false,"required":["name"],"properties":{"name":{"type":"string","description":"Name of the bundle, unique in the file; part of the kit's folder name.","pattern":"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$","maxLength":128,"format":"airkit-name"},"version":{"$ref":"#/definitions/version"},"serial":{"$ref":"#/definitions/serial"},"expires":{"$ref":"#/definitions/expires"},"description":{"$ref":"#/definitions/description"},"images":{"$ref":"#/definitions/images"},"containers":{"$ref":"#/definitions/containers"},"rename":{"$ref":"#/definitions/rename"},"output":{"$ref":"#/definitions/output"},"sign":{"$ref":"#/definitions/sign"}}},"imageSelector":{"type":"object","description":"Selects images from one source.","additionalProperties":false,"properties":{"from":{"$ref":"#/definitions/from"},"include":{"$ref":"#/definitions/include"},"exclude":{"$ref":"#/definitions/exclude"},"labels":{"$ref":"#/definitions/labels"},"platforms":{"$ref":"#/definitions/platforms"},"optional":{"$ref":"#/definitions/optional"},"semver":{"$ref":"#/definitions/semver"},"newest":{"$ref":"#/definitions/newest"},"referrers":{"$ref":"#/definitions/referrers"},"as":{"$ref":"#/definitions/as"},"changes":{"$ref":"#/definitions/changes"},"discover":{"$ref":"#/definitions/discover"}}},"containerSelector":{"type":"object","description":"Selects containers of an engine; a snapshot of each file system is kept as an image.","additionalProperties":false,"properties":{"from":{"$ref":"#/definitions/from"},"include":{"$ref":"#/definitions/include"},"exclude":{"$ref":"#/definitions/exclude"},"labels":{"$ref":"#/definitions/labels"},"optional":{"$ref":"#/definitions/optional"},"as":{"$ref":"#/definitions/as"},"keepConfig":{"$ref":"#/definitions/keepConfig"},"changes":{"$ref":"#/definitions/changes"}}},"version":{"type":"string","description":"Version of the bundle, in quotes: \"1.30\" (unquoted, YAML reads the number 1.3). Part of the kit's folder name.","pattern":"^[A-Za-z0-9]([A-Za-z0-9._+-]*[A-Za-z0-9])?$","maxLength":128,"format":"airkit-version"},"serial":{"type":"integer","description":"Orders the kits of one bundle name: a site refuses to go back.","minimum":0,"maximum":9007199254740991},"expires":{"type":"string","description":"Last day on which the kit loads, as YYYY-MM-DD (UTC).","pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}$","format":"airkit-date"},"description":{"type":"string","description":"One line for people."},"images":{"type":"array","description":"Selectors of images. A plain text is short for a selector with that one pattern and the default source.","minItems":1,"items":{"description":"A pattern, or a selector.","anyOf":[{"$ref":"#/definitions/pattern"},{"$ref":"#/definitions/imageSelector"}]}},"containers":{"type":"array","description":"Selectors of containers to snapshot (docker export), kept as images.","minItems":1,"items":{"$ref":"#/definitions/containerSelector"}},"rename":{"type":"array","description":"New names, given once, at pack. The first rule that matches the canonical name wins.","items":{"type":"object","description":"One rule.","additionalProperties":false,"required":["from","to"],"properties":{"from":{"type":"string","description":"Pattern for the canonical name, such as ghcr.io/acme/*.","format":"airkit-pattern"},"to":{"type":"string","description":"The new name; each * takes what the same * of from matched.","minLength":1,"format":"airkit-rename-target"}}}},"output":{"type":"object","description":"Where the kit goes and in what form.","additionalProperties":false,"properties":{"path":{"type":"string","description":"The kit folder, relative to the bundles file. {name} and {version} stand for the bundle's. Default dist/{name}-{version}.","minLength":1,"format":"airkit-output-path"},"layers":{"type":"string","description":"Compression of layers that arrive uncompressed, as those of the classic Docker store do. Default zstd.","enum":["zstd","gzip","none"]},"volumeSize":{"type":["string","integer"],"description":"Splits the archive into volumes of at most this size: bytes, a size such as 4GiB or 650MB, or a preset (fat32, dvd).","minimum":1,"maximum":9007199254740991,"format":"airkit-size"}}},"sign":{"type":"object","description":"How the kit is signed.","additionalProperties":false,"required":["key"],"properties":{"key":{"type":"string","description":"Where the private key is: a path outside git, env:NAME of a variable that holds the PEM, agent:FINGERPRINT of a key in ssh-agent, or exec:COMMAND that signs with a KMS or token, or prints the PEM. Never the key itself.","minLength":1,"format":"airkit-key"},"publicKey":{"type":"string","description":"The public key (PEM) of an exec:COMMAND that signs. Default: the trusted key that its signature fits.","minLength":1}}},"pattern":{"type":"string","description":"An anchored, case-sensitive glob over the whole reference: *, ?, […] and {a,b}; * crosses / and : too.","minLength":1,"maxLength":512,"format":"airkit-pattern"},"from":{"type":"string","description":"The source: docker (default), podman, containerd[:NAMESPACE], registry, registry://HOST[/PREFIX], oci:DIR, docker-archive:FILE, oci-archive:FILE, rootfs:FILE, docker+ssh://[USER@]HOST[:PORT].","minLength":1,"format":"airkit-source"},"include":{"type":"array","description":"Patterns; an image that matches any of them is taken.","minItems":1,"items":{"$ref":"#/definitions/pattern"}},"exclude":{"type":"array","description":"Patterns; an image that matches any of them is left out.","items":{"$ref":"#/definitions/pattern"}},"labels":{"type":"object","description":"Labels that must all be there with these values.","additionalProperties":{"type":"string","description":"Value of the label."}},"platforms":{"type":"array","description":"Platforms to take, as os/architecture[/variant]. Omitted: everything the source holds.","minItems":1,"uniqueItems":true,"items":{"type":"string","description":"A platform, such as linux/amd64.","pattern":"^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$","format":"airkit-platform"}},"optional":{"type":"boolean","description":"A pattern without a match, or a platform that an image lacks, is no error. Default false."},"semver":{"type":"string","description":"Range that tags must lie in, such as \">=1.30.0 <1.31.0\". Tags that are no version are left out.","format":"airkit-semver"},"newest":{"type":"integer","description":"Takes only this many of the highest versions per repository.","minimum":1,"maximum":9007199254740991},"referrers":{"type":"boolean","description":"Carry signatures, SBOMs and attestations that refer to the images, from registries and OCI layouts. Default false."},"as":{"type":"string","description":"Reference that the image gets, such as appliance:v3. In containers, {name}, {id} and {date} stand for the container's name and ID and the day of SOURCE_DATE_EPOCH.","minLength":1,"format":"airkit-as"},"keepConfig":{"type":"boolean","description":"A snapshot keeps the container's command, environment, user and so on. Default true; false drops them, as docker export does."},"changes":{"type":"array","description":"Dockerfile instructions that set the image's config, as docker import --change takes them.","items":{"type":"string","description":"One of CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR with its arguments.","format":"airkit-change"}},"discover":{"type":"object","description":"Takes the references that these files use. Paths and globs are relative to the bundles file.","additionalProperties":false,"minProperties":1,"properties":{"kubernetes":{"type":"array","description":"Kubernetes manifests.","minItems":1,"items":{"$ref":"#/definitions/path"}},"compose":{"type":"array","description":"Compose files.","minItems":1,"items":{"$ref":"#/definitions/path"}},"helm":{"type":"array","description":"Folders of Helm charts.","minItems":1,"items":{"$ref":"#/definitions/path"}},"lists":{"type":"array","description":"Text files with one reference per line.","minItems":1,"items":{"$ref":"#/definitions/path"}}}},"path":{"type":"string","description":"A path or glob, relative to the bundles file.","minLength":1,"format":"airkit-path"}}};
const schema13 = {"type":"object","description":"Any bundle or selector field, written once. Maps are merged member by member; a list or scalar given again replaces the default.","additionalProperties":false,"properties":{"version":{"$ref":"#/definitions/version"},"serial":{"$ref":"#/definitions/serial"},"expires":{"$ref":"#/definitions/expires"},"description":{"$ref":"#/definitions/description"},"images":{"$ref":"#/definitions/images"},"containers":{"$ref":"#/definitions/containers"},"rename":{"$ref":"#/definitions/rename"},"output":{"$ref":"#/definitions/output"},"sign":{"$ref":"#/definitions/sign"},"from":{"$ref":"#/definitions/from"},"include":{"$ref":"#/definitions/include"},"exclude":{"$ref":"#/definitions/exclude"},"labels":{"$ref":"#/definitions/labels"},"platforms":{"$ref":"#/definitions/platforms"},"optional":{"$ref":"#/definitions/optional"},"semver":{"$ref":"#/definitions/semver"},"newest":{"$ref":"#/definitions/newest"},"referrers":{"$ref":"#/definitions/referrers"},"as":{"$ref":"#/definitions/as"},"keepConfig":{"$ref":"#/definitions/keepConfig"},"changes":{"$ref":"#/definitions/changes"},"discover":{"$ref":"#/definitions/discover"}}};
const schema14 = {"type":"string","description":"Version of the bundle, in quotes: \"1.30\" (unquoted, YAML reads the number 1.3). Part of the kit's folder name.","pattern":"^[A-Za-z0-9]([A-Za-z0-9._+-]*[A-Za-z0-9])?$","maxLength":128,"format":"airkit-version"};
const schema15 = {"type":"integer","description":"Orders the kits of one bundle name: a site refuses to go back.","minimum":0,"maximum":9007199254740991};
const schema16 = {"type":"string","description":"Last day on which the kit loads, as YYYY-MM-DD (UTC).","pattern":"^[0-9]{4}-[0-9]{2}-[0-9]{2}$","format":"airkit-date"};
const schema17 = {"type":"string","description":"One line for people."};
const schema47 = {"type":"array","description":"New names, given once, at pack. The first rule that matches the canonical name wins.","items":{"type":"object","description":"One rule.","additionalProperties":false,"required":["from","to"],"properties":{"from":{"type":"string","description":"Pattern for the canonical name, such as ghcr.io/acme/*.","format":"airkit-pattern"},"to":{"type":"string","description":"The new name; each * takes what the same * of from matched.","minLength":1,"format":"airkit-rename-target"}}}};
const schema48 = {"type":"object","description":"Where the kit goes and in what form.","additionalProperties":false,"properties":{"path":{"type":"string","description":"The kit folder, relative to the bundles file. {name} and {version} stand for the bundle's. Default dist/{name}-{version}.","minLength":1,"format":"airkit-output-path"},"layers":{"type":"string","description":"Compression of layers that arrive uncompressed, as those of the classic Docker store do. Default zstd.","enum":["zstd","gzip","none"]},"volumeSize":{"type":["string","integer"],"description":"Splits the archive into volumes of at most this size: bytes, a size such as 4GiB or 650MB, or a preset (fat32, dvd).","minimum":1,"maximum":9007199254740991,"format":"airkit-size"}}};
const schema49 = {"type":"object","description":"How the kit is signed.","additionalProperties":false,"required":["key"],"properties":{"key":{"type":"string","description":"Where the private key is: a path outside git, env:NAME of a variable that holds the PEM, agent:FINGERPRINT of a key in ssh-agent, or exec:COMMAND that signs with a KMS or token, or prints the PEM. Never the key itself.","minLength":1,"format":"airkit-key"},"publicKey":{"type":"string","description":"The public key (PEM) of an exec:COMMAND that signs. Default: the trusted key that its signature fits.","minLength":1}}};
const schema21 = {"type":"string","description":"The source: docker (default), podman, containerd[:NAMESPACE], registry, registry://HOST[/PREFIX], oci:DIR, docker-archive:FILE, oci-archive:FILE, rootfs:FILE, docker+ssh://[USER@]HOST[:PORT].","minLength":1,"format":"airkit-source"};
const schema26 = {"type":"object","description":"Labels that must all be there with these values.","additionalProperties":{"type":"string","description":"Value of the label."}};
const schema27 = {"type":"array","description":"Platforms to take, as os/architecture[/variant]. Omitted: everything the source holds.","minItems":1,"uniqueItems":true,"items":{"type":"string","description":"A platform, such as linux/amd64.","pattern":"^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$","format":"airkit-platform"}};
const schema28 = {"type":"boolean","description":"A pattern without a match, or a platform that an image lacks, is no error. Default false."};
const schema29 = {"type":"string","description":"Range that tags must lie in, such as \">=1.30.0 <1.31.0\". Tags that are no version are left out.","format":"airkit-semver"};
const schema30 = {"type":"integer","description":"Takes only this many of the highest versions per repository.","minimum":1,"maximum":9007199254740991};
const schema31 = {"type":"boolean","description":"Carry signatures, SBOMs and attestations that refer to the images, from registries and OCI layouts. Default false."};
const schema32 = {"type":"string","description":"Reference that the image gets, such as appliance:v3. In containers, {name}, {id} and {date} stand for the container's name and ID and the day of SOURCE_DATE_EPOCH.","minLength":1,"format":"airkit-as"};
const schema45 = {"type":"boolean","description":"A snapshot keeps the container's command, environment, user and so on. Default true; false drops them, as docker export does."};
const schema33 = {"type":"array","description":"Dockerfile instructions that set the image's config, as docker import --change takes them.","items":{"type":"string","description":"One of CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME, WORKDIR with its arguments.","format":"airkit-change"}};
const func2 = Object.prototype.hasOwnProperty;
const func3 = ucs2length;
const formats0 = SCHEMA_FORMATS["airkit-version"];
const formats2 = SCHEMA_FORMATS["airkit-date"];
const formats4 = SCHEMA_FORMATS["airkit-pattern"];
const formats36 = SCHEMA_FORMATS["airkit-rename-target"];
const formats38 = SCHEMA_FORMATS["airkit-output-path"];
const formats40 = SCHEMA_FORMATS["airkit-size"];
const formats42 = SCHEMA_FORMATS["airkit-key"];
const formats6 = SCHEMA_FORMATS["airkit-source"];
const formats12 = SCHEMA_FORMATS["airkit-platform"];
const formats14 = SCHEMA_FORMATS["airkit-semver"];
const formats16 = SCHEMA_FORMATS["airkit-as"];
const formats18 = SCHEMA_FORMATS["airkit-change"];
const pattern0 = new RegExp("^[A-Za-z0-9]([A-Za-z0-9._+-]*[A-Za-z0-9])?$", "u");
const pattern1 = new RegExp("^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "u");
const pattern2 = new RegExp("^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$", "u");
const schema18 = {"type":"array","description":"Selectors of images. A plain text is short for a selector with that one pattern and the default source.","minItems":1,"items":{"description":"A pattern, or a selector.","anyOf":[{"$ref":"#/definitions/pattern"},{"$ref":"#/definitions/imageSelector"}]}};
const schema19 = {"type":"string","description":"An anchored, case-sensitive glob over the whole reference: *, ?, […] and {a,b}; * crosses / and : too.","minLength":1,"maxLength":512,"format":"airkit-pattern"};
const schema20 = {"type":"object","description":"Selects images from one source.","additionalProperties":false,"properties":{"from":{"$ref":"#/definitions/from"},"include":{"$ref":"#/definitions/include"},"exclude":{"$ref":"#/definitions/exclude"},"labels":{"$ref":"#/definitions/labels"},"platforms":{"$ref":"#/definitions/platforms"},"optional":{"$ref":"#/definitions/optional"},"semver":{"$ref":"#/definitions/semver"},"newest":{"$ref":"#/definitions/newest"},"referrers":{"$ref":"#/definitions/referrers"},"as":{"$ref":"#/definitions/as"},"changes":{"$ref":"#/definitions/changes"},"discover":{"$ref":"#/definitions/discover"}}};
const schema22 = {"type":"array","description":"Patterns; an image that matches any of them is taken.","minItems":1,"items":{"$ref":"#/definitions/pattern"}};

function validate15(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema22,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
let data0 = data[i0];
if(typeof data0 === "string"){
if(func3(data0) > 512){
const err1 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/maxLength",keyword:"maxLength",params:{limit: 512},message:"must NOT have more than 512 characters",schema:512,parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(func3(data0) < 1){
const err2 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(!(formats4.validate(data0))){
const err3 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/format",keyword:"format",params:{format: "airkit-pattern"},message:"must match format \""+"airkit-pattern"+"\"",schema:"airkit-pattern",parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema19.type,parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema22.type,parentSchema:schema22,data};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate15.errors = vErrors;
return errors === 0;
}

const schema24 = {"type":"array","description":"Patterns; an image that matches any of them is left out.","items":{"$ref":"#/definitions/pattern"}};

function validate17(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
let data0 = data[i0];
if(typeof data0 === "string"){
if(func3(data0) > 512){
const err0 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/maxLength",keyword:"maxLength",params:{limit: 512},message:"must NOT have more than 512 characters",schema:512,parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
if(func3(data0) < 1){
const err1 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(!(formats4.validate(data0))){
const err2 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/format",keyword:"format",params:{format: "airkit-pattern"},message:"must match format \""+"airkit-pattern"+"\"",schema:"airkit-pattern",parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema19.type,parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
}
else {
const err4 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema24.type,parentSchema:schema24,data};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
validate17.errors = vErrors;
return errors === 0;
}

const schema34 = {"type":"object","description":"Takes the references that these files use. Paths and globs are relative to the bundles file.","additionalProperties":false,"minProperties":1,"properties":{"kubernetes":{"type":"array","description":"Kubernetes manifests.","minItems":1,"items":{"$ref":"#/definitions/path"}},"compose":{"type":"array","description":"Compose files.","minItems":1,"items":{"$ref":"#/definitions/path"}},"helm":{"type":"array","description":"Folders of Helm charts.","minItems":1,"items":{"$ref":"#/definitions/path"}},"lists":{"type":"array","description":"Text files with one reference per line.","minItems":1,"items":{"$ref":"#/definitions/path"}}}};
const schema35 = {"type":"string","description":"A path or glob, relative to the bundles file.","minLength":1,"format":"airkit-path"};
const formats20 = SCHEMA_FORMATS["airkit-path"];

function validate19(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(Object.keys(data).length < 1){
const err0 = {instancePath,schemaPath:"#/minProperties",keyword:"minProperties",params:{limit: 1},message:"must NOT have fewer than 1 properties",schema:1,parentSchema:schema34,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((((key0 === "kubernetes") || (key0 === "compose")) || (key0 === "helm")) || (key0 === "lists"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema34,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.kubernetes !== undefined){
let data0 = data.kubernetes;
if(Array.isArray(data0)){
if(data0.length < 1){
const err2 = {instancePath:instancePath+"/kubernetes",schemaPath:"#/properties/kubernetes/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema34.properties.kubernetes,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
const len0 = data0.length;
for(let i0=0; i0<len0; i0++){
let data1 = data0[i0];
if(typeof data1 === "string"){
if(func3(data1) < 1){
const err3 = {instancePath:instancePath+"/kubernetes/" + i0,schemaPath:"#/definitions/path/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema35,data:data1};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(!(formats20.validate(data1))){
const err4 = {instancePath:instancePath+"/kubernetes/" + i0,schemaPath:"#/definitions/path/format",keyword:"format",params:{format: "airkit-path"},message:"must match format \""+"airkit-path"+"\"",schema:"airkit-path",parentSchema:schema35,data:data1};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/kubernetes/" + i0,schemaPath:"#/definitions/path/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema35.type,parentSchema:schema35,data:data1};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
}
else {
const err6 = {instancePath:instancePath+"/kubernetes",schemaPath:"#/properties/kubernetes/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema34.properties.kubernetes.type,parentSchema:schema34.properties.kubernetes,data:data0};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.compose !== undefined){
let data2 = data.compose;
if(Array.isArray(data2)){
if(data2.length < 1){
const err7 = {instancePath:instancePath+"/compose",schemaPath:"#/properties/compose/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema34.properties.compose,data:data2};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
const len1 = data2.length;
for(let i1=0; i1<len1; i1++){
let data3 = data2[i1];
if(typeof data3 === "string"){
if(func3(data3) < 1){
const err8 = {instancePath:instancePath+"/compose/" + i1,schemaPath:"#/definitions/path/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema35,data:data3};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(!(formats20.validate(data3))){
const err9 = {instancePath:instancePath+"/compose/" + i1,schemaPath:"#/definitions/path/format",keyword:"format",params:{format: "airkit-path"},message:"must match format \""+"airkit-path"+"\"",schema:"airkit-path",parentSchema:schema35,data:data3};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
else {
const err10 = {instancePath:instancePath+"/compose/" + i1,schemaPath:"#/definitions/path/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema35.type,parentSchema:schema35,data:data3};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
else {
const err11 = {instancePath:instancePath+"/compose",schemaPath:"#/properties/compose/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema34.properties.compose.type,parentSchema:schema34.properties.compose,data:data2};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data.helm !== undefined){
let data4 = data.helm;
if(Array.isArray(data4)){
if(data4.length < 1){
const err12 = {instancePath:instancePath+"/helm",schemaPath:"#/properties/helm/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema34.properties.helm,data:data4};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
const len2 = data4.length;
for(let i2=0; i2<len2; i2++){
let data5 = data4[i2];
if(typeof data5 === "string"){
if(func3(data5) < 1){
const err13 = {instancePath:instancePath+"/helm/" + i2,schemaPath:"#/definitions/path/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema35,data:data5};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(!(formats20.validate(data5))){
const err14 = {instancePath:instancePath+"/helm/" + i2,schemaPath:"#/definitions/path/format",keyword:"format",params:{format: "airkit-path"},message:"must match format \""+"airkit-path"+"\"",schema:"airkit-path",parentSchema:schema35,data:data5};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/helm/" + i2,schemaPath:"#/definitions/path/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema35.type,parentSchema:schema35,data:data5};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
}
else {
const err16 = {instancePath:instancePath+"/helm",schemaPath:"#/properties/helm/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema34.properties.helm.type,parentSchema:schema34.properties.helm,data:data4};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data.lists !== undefined){
let data6 = data.lists;
if(Array.isArray(data6)){
if(data6.length < 1){
const err17 = {instancePath:instancePath+"/lists",schemaPath:"#/properties/lists/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema34.properties.lists,data:data6};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
const len3 = data6.length;
for(let i3=0; i3<len3; i3++){
let data7 = data6[i3];
if(typeof data7 === "string"){
if(func3(data7) < 1){
const err18 = {instancePath:instancePath+"/lists/" + i3,schemaPath:"#/definitions/path/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema35,data:data7};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
if(!(formats20.validate(data7))){
const err19 = {instancePath:instancePath+"/lists/" + i3,schemaPath:"#/definitions/path/format",keyword:"format",params:{format: "airkit-path"},message:"must match format \""+"airkit-path"+"\"",schema:"airkit-path",parentSchema:schema35,data:data7};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/lists/" + i3,schemaPath:"#/definitions/path/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema35.type,parentSchema:schema35,data:data7};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
}
else {
const err21 = {instancePath:instancePath+"/lists",schemaPath:"#/properties/lists/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema34.properties.lists.type,parentSchema:schema34.properties.lists,data:data6};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
}
else {
const err22 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema34.type,parentSchema:schema34,data};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
validate19.errors = vErrors;
return errors === 0;
}


function validate14(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema20.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema20,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.from !== undefined){
let data0 = data.from;
if(typeof data0 === "string"){
if(func3(data0) < 1){
const err1 = {instancePath:instancePath+"/from",schemaPath:"#/definitions/from/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema21,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(!(formats6.validate(data0))){
const err2 = {instancePath:instancePath+"/from",schemaPath:"#/definitions/from/format",keyword:"format",params:{format: "airkit-source"},message:"must match format \""+"airkit-source"+"\"",schema:"airkit-source",parentSchema:schema21,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/from",schemaPath:"#/definitions/from/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema21.type,parentSchema:schema21,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.include !== undefined){
if(!(validate15(data.include, {instancePath:instancePath+"/include",parentData:data,parentDataProperty:"include",rootData}))){
vErrors = vErrors === null ? validate15.errors : vErrors.concat(validate15.errors);
errors = vErrors.length;
}
}
if(data.exclude !== undefined){
if(!(validate17(data.exclude, {instancePath:instancePath+"/exclude",parentData:data,parentDataProperty:"exclude",rootData}))){
vErrors = vErrors === null ? validate17.errors : vErrors.concat(validate17.errors);
errors = vErrors.length;
}
}
if(data.labels !== undefined){
let data3 = data.labels;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
for(const key1 in data3){
let data4 = data3[key1];
if(typeof data4 !== "string"){
const err4 = {instancePath:instancePath+"/labels/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/definitions/labels/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema26.additionalProperties.type,parentSchema:schema26.additionalProperties,data:data4};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath:instancePath+"/labels",schemaPath:"#/definitions/labels/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema26.type,parentSchema:schema26,data:data3};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.platforms !== undefined){
let data5 = data.platforms;
if(Array.isArray(data5)){
if(data5.length < 1){
const err6 = {instancePath:instancePath+"/platforms",schemaPath:"#/definitions/platforms/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema27,data:data5};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
const len0 = data5.length;
for(let i0=0; i0<len0; i0++){
let data6 = data5[i0];
if(typeof data6 === "string"){
if(!pattern2.test(data6)){
const err7 = {instancePath:instancePath+"/platforms/" + i0,schemaPath:"#/definitions/platforms/items/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$"},message:"must match pattern \""+"^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$"+"\"",schema:"^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$",parentSchema:schema27.items,data:data6};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(!(formats12.validate(data6))){
const err8 = {instancePath:instancePath+"/platforms/" + i0,schemaPath:"#/definitions/platforms/items/format",keyword:"format",params:{format: "airkit-platform"},message:"must match format \""+"airkit-platform"+"\"",schema:"airkit-platform",parentSchema:schema27.items,data:data6};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
else {
const err9 = {instancePath:instancePath+"/platforms/" + i0,schemaPath:"#/definitions/platforms/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema27.items.type,parentSchema:schema27.items,data:data6};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
let i1 = data5.length;
let j0;
if(i1 > 1){
const indices0 = {};
for(;i1--;){
let item0 = data5[i1];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err10 = {instancePath:instancePath+"/platforms",schemaPath:"#/definitions/platforms/uniqueItems",keyword:"uniqueItems",params:{i: i1, j: j0},message:"must NOT have duplicate items (items ## "+j0+" and "+i1+" are identical)",schema:true,parentSchema:schema27,data:data5};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
break;
}
indices0[item0] = i1;
}
}
}
else {
const err11 = {instancePath:instancePath+"/platforms",schemaPath:"#/definitions/platforms/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema27.type,parentSchema:schema27,data:data5};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data.optional !== undefined){
let data7 = data.optional;
if(typeof data7 !== "boolean"){
const err12 = {instancePath:instancePath+"/optional",schemaPath:"#/definitions/optional/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema28.type,parentSchema:schema28,data:data7};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.semver !== undefined){
let data8 = data.semver;
if(typeof data8 === "string"){
if(!(formats14.validate(data8))){
const err13 = {instancePath:instancePath+"/semver",schemaPath:"#/definitions/semver/format",keyword:"format",params:{format: "airkit-semver"},message:"must match format \""+"airkit-semver"+"\"",schema:"airkit-semver",parentSchema:schema29,data:data8};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
else {
const err14 = {instancePath:instancePath+"/semver",schemaPath:"#/definitions/semver/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema29.type,parentSchema:schema29,data:data8};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data.newest !== undefined){
let data9 = data.newest;
if(!(((typeof data9 == "number") && (!(data9 % 1) && !isNaN(data9))) && (isFinite(data9)))){
const err15 = {instancePath:instancePath+"/newest",schemaPath:"#/definitions/newest/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema30.type,parentSchema:schema30,data:data9};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
if((typeof data9 == "number") && (isFinite(data9))){
if(data9 > 9007199254740991 || isNaN(data9)){
const err16 = {instancePath:instancePath+"/newest",schemaPath:"#/definitions/newest/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991",schema:9007199254740991,parentSchema:schema30,data:data9};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
if(data9 < 1 || isNaN(data9)){
const err17 = {instancePath:instancePath+"/newest",schemaPath:"#/definitions/newest/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema30,data:data9};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
}
if(data.referrers !== undefined){
let data10 = data.referrers;
if(typeof data10 !== "boolean"){
const err18 = {instancePath:instancePath+"/referrers",schemaPath:"#/definitions/referrers/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema31.type,parentSchema:schema31,data:data10};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data.as !== undefined){
let data11 = data.as;
if(typeof data11 === "string"){
if(func3(data11) < 1){
const err19 = {instancePath:instancePath+"/as",schemaPath:"#/definitions/as/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema32,data:data11};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
if(!(formats16.validate(data11))){
const err20 = {instancePath:instancePath+"/as",schemaPath:"#/definitions/as/format",keyword:"format",params:{format: "airkit-as"},message:"must match format \""+"airkit-as"+"\"",schema:"airkit-as",parentSchema:schema32,data:data11};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
else {
const err21 = {instancePath:instancePath+"/as",schemaPath:"#/definitions/as/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema32.type,parentSchema:schema32,data:data11};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data.changes !== undefined){
let data12 = data.changes;
if(Array.isArray(data12)){
const len1 = data12.length;
for(let i2=0; i2<len1; i2++){
let data13 = data12[i2];
if(typeof data13 === "string"){
if(!(formats18.validate(data13))){
const err22 = {instancePath:instancePath+"/changes/" + i2,schemaPath:"#/definitions/changes/items/format",keyword:"format",params:{format: "airkit-change"},message:"must match format \""+"airkit-change"+"\"",schema:"airkit-change",parentSchema:schema33.items,data:data13};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
else {
const err23 = {instancePath:instancePath+"/changes/" + i2,schemaPath:"#/definitions/changes/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema33.items.type,parentSchema:schema33.items,data:data13};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
}
else {
const err24 = {instancePath:instancePath+"/changes",schemaPath:"#/definitions/changes/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema33.type,parentSchema:schema33,data:data12};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
if(data.discover !== undefined){
if(!(validate19(data.discover, {instancePath:instancePath+"/discover",parentData:data,parentDataProperty:"discover",rootData}))){
vErrors = vErrors === null ? validate19.errors : vErrors.concat(validate19.errors);
errors = vErrors.length;
}
}
}
else {
const err25 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema20.type,parentSchema:schema20,data};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
validate14.errors = vErrors;
return errors === 0;
}


function validate13(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
let data0 = data[i0];
const _errs2 = errors;
let valid2 = false;
const _errs3 = errors;
if(typeof data0 === "string"){
if(func3(data0) > 512){
const err1 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/maxLength",keyword:"maxLength",params:{limit: 512},message:"must NOT have more than 512 characters",schema:512,parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(func3(data0) < 1){
const err2 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(!(formats4.validate(data0))){
const err3 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/format",keyword:"format",params:{format: "airkit-pattern"},message:"must match format \""+"airkit-pattern"+"\"",schema:"airkit-pattern",parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/" + i0,schemaPath:"#/definitions/pattern/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema19.type,parentSchema:schema19,data:data0};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
var _valid0 = _errs3 === errors;
valid2 = valid2 || _valid0;
if(!valid2){
const _errs6 = errors;
if(!(validate14(data0, {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate14.errors : vErrors.concat(validate14.errors);
errors = vErrors.length;
}
var _valid0 = _errs6 === errors;
valid2 = valid2 || _valid0;
}
if(!valid2){
const err5 = {instancePath:instancePath+"/" + i0,schemaPath:"#/items/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema18.items.anyOf,parentSchema:schema18.items,data:data0};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
else {
errors = _errs2;
if(vErrors !== null){
if(_errs2){
vErrors.length = _errs2;
}
else {
vErrors = null;
}
}
}
}
}
else {
const err6 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema18.type,parentSchema:schema18,data};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
validate13.errors = vErrors;
return errors === 0;
}

const schema39 = {"type":"array","description":"Selectors of containers to snapshot (docker export), kept as images.","minItems":1,"items":{"$ref":"#/definitions/containerSelector"}};
const schema40 = {"type":"object","description":"Selects containers of an engine; a snapshot of each file system is kept as an image.","additionalProperties":false,"properties":{"from":{"$ref":"#/definitions/from"},"include":{"$ref":"#/definitions/include"},"exclude":{"$ref":"#/definitions/exclude"},"labels":{"$ref":"#/definitions/labels"},"optional":{"$ref":"#/definitions/optional"},"as":{"$ref":"#/definitions/as"},"keepConfig":{"$ref":"#/definitions/keepConfig"},"changes":{"$ref":"#/definitions/changes"}}};

function validate24(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!((((((((key0 === "from") || (key0 === "include")) || (key0 === "exclude")) || (key0 === "labels")) || (key0 === "optional")) || (key0 === "as")) || (key0 === "keepConfig")) || (key0 === "changes"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema40,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.from !== undefined){
let data0 = data.from;
if(typeof data0 === "string"){
if(func3(data0) < 1){
const err1 = {instancePath:instancePath+"/from",schemaPath:"#/definitions/from/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema21,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(!(formats6.validate(data0))){
const err2 = {instancePath:instancePath+"/from",schemaPath:"#/definitions/from/format",keyword:"format",params:{format: "airkit-source"},message:"must match format \""+"airkit-source"+"\"",schema:"airkit-source",parentSchema:schema21,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
else {
const err3 = {instancePath:instancePath+"/from",schemaPath:"#/definitions/from/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema21.type,parentSchema:schema21,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.include !== undefined){
if(!(validate15(data.include, {instancePath:instancePath+"/include",parentData:data,parentDataProperty:"include",rootData}))){
vErrors = vErrors === null ? validate15.errors : vErrors.concat(validate15.errors);
errors = vErrors.length;
}
}
if(data.exclude !== undefined){
if(!(validate17(data.exclude, {instancePath:instancePath+"/exclude",parentData:data,parentDataProperty:"exclude",rootData}))){
vErrors = vErrors === null ? validate17.errors : vErrors.concat(validate17.errors);
errors = vErrors.length;
}
}
if(data.labels !== undefined){
let data3 = data.labels;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
for(const key1 in data3){
let data4 = data3[key1];
if(typeof data4 !== "string"){
const err4 = {instancePath:instancePath+"/labels/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/definitions/labels/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema26.additionalProperties.type,parentSchema:schema26.additionalProperties,data:data4};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
else {
const err5 = {instancePath:instancePath+"/labels",schemaPath:"#/definitions/labels/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema26.type,parentSchema:schema26,data:data3};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.optional !== undefined){
let data5 = data.optional;
if(typeof data5 !== "boolean"){
const err6 = {instancePath:instancePath+"/optional",schemaPath:"#/definitions/optional/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema28.type,parentSchema:schema28,data:data5};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.as !== undefined){
let data6 = data.as;
if(typeof data6 === "string"){
if(func3(data6) < 1){
const err7 = {instancePath:instancePath+"/as",schemaPath:"#/definitions/as/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema32,data:data6};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(!(formats16.validate(data6))){
const err8 = {instancePath:instancePath+"/as",schemaPath:"#/definitions/as/format",keyword:"format",params:{format: "airkit-as"},message:"must match format \""+"airkit-as"+"\"",schema:"airkit-as",parentSchema:schema32,data:data6};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
else {
const err9 = {instancePath:instancePath+"/as",schemaPath:"#/definitions/as/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema32.type,parentSchema:schema32,data:data6};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.keepConfig !== undefined){
let data7 = data.keepConfig;
if(typeof data7 !== "boolean"){
const err10 = {instancePath:instancePath+"/keepConfig",schemaPath:"#/definitions/keepConfig/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema45.type,parentSchema:schema45,data:data7};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data.changes !== undefined){
let data8 = data.changes;
if(Array.isArray(data8)){
const len0 = data8.length;
for(let i0=0; i0<len0; i0++){
let data9 = data8[i0];
if(typeof data9 === "string"){
if(!(formats18.validate(data9))){
const err11 = {instancePath:instancePath+"/changes/" + i0,schemaPath:"#/definitions/changes/items/format",keyword:"format",params:{format: "airkit-change"},message:"must match format \""+"airkit-change"+"\"",schema:"airkit-change",parentSchema:schema33.items,data:data9};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/changes/" + i0,schemaPath:"#/definitions/changes/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema33.items.type,parentSchema:schema33.items,data:data9};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
}
else {
const err13 = {instancePath:instancePath+"/changes",schemaPath:"#/definitions/changes/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema33.type,parentSchema:schema33,data:data8};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
}
else {
const err14 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema40.type,parentSchema:schema40,data};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
validate24.errors = vErrors;
return errors === 0;
}


function validate23(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(Array.isArray(data)){
if(data.length < 1){
const err0 = {instancePath,schemaPath:"#/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema39,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
const len0 = data.length;
for(let i0=0; i0<len0; i0++){
if(!(validate24(data[i0], {instancePath:instancePath+"/" + i0,parentData:data,parentDataProperty:i0,rootData}))){
vErrors = vErrors === null ? validate24.errors : vErrors.concat(validate24.errors);
errors = vErrors.length;
}
}
}
else {
const err1 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema39.type,parentSchema:schema39,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
validate23.errors = vErrors;
return errors === 0;
}


function validate12(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema13.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema13,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.version !== undefined){
let data0 = data.version;
if(typeof data0 === "string"){
if(func3(data0) > 128){
const err1 = {instancePath:instancePath+"/version",schemaPath:"#/definitions/version/maxLength",keyword:"maxLength",params:{limit: 128},message:"must NOT have more than 128 characters",schema:128,parentSchema:schema14,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(!pattern0.test(data0)){
const err2 = {instancePath:instancePath+"/version",schemaPath:"#/definitions/version/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9]([A-Za-z0-9._+-]*[A-Za-z0-9])?$"},message:"must match pattern \""+"^[A-Za-z0-9]([A-Za-z0-9._+-]*[A-Za-z0-9])?$"+"\"",schema:"^[A-Za-z0-9]([A-Za-z0-9._+-]*[A-Za-z0-9])?$",parentSchema:schema14,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(!(formats0.validate(data0))){
const err3 = {instancePath:instancePath+"/version",schemaPath:"#/definitions/version/format",keyword:"format",params:{format: "airkit-version"},message:"must match format \""+"airkit-version"+"\"",schema:"airkit-version",parentSchema:schema14,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/version",schemaPath:"#/definitions/version/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema14.type,parentSchema:schema14,data:data0};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.serial !== undefined){
let data1 = data.serial;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err5 = {instancePath:instancePath+"/serial",schemaPath:"#/definitions/serial/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema15.type,parentSchema:schema15,data:data1};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 9007199254740991 || isNaN(data1)){
const err6 = {instancePath:instancePath+"/serial",schemaPath:"#/definitions/serial/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991",schema:9007199254740991,parentSchema:schema15,data:data1};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if(data1 < 0 || isNaN(data1)){
const err7 = {instancePath:instancePath+"/serial",schemaPath:"#/definitions/serial/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema15,data:data1};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
if(data.expires !== undefined){
let data2 = data.expires;
if(typeof data2 === "string"){
if(!pattern1.test(data2)){
const err8 = {instancePath:instancePath+"/expires",schemaPath:"#/definitions/expires/pattern",keyword:"pattern",params:{pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},message:"must match pattern \""+"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"+"\"",schema:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",parentSchema:schema16,data:data2};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(!(formats2.validate(data2))){
const err9 = {instancePath:instancePath+"/expires",schemaPath:"#/definitions/expires/format",keyword:"format",params:{format: "airkit-date"},message:"must match format \""+"airkit-date"+"\"",schema:"airkit-date",parentSchema:schema16,data:data2};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
else {
const err10 = {instancePath:instancePath+"/expires",schemaPath:"#/definitions/expires/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema16.type,parentSchema:schema16,data:data2};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data.description !== undefined){
let data3 = data.description;
if(typeof data3 !== "string"){
const err11 = {instancePath:instancePath+"/description",schemaPath:"#/definitions/description/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema17.type,parentSchema:schema17,data:data3};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data.images !== undefined){
if(!(validate13(data.images, {instancePath:instancePath+"/images",parentData:data,parentDataProperty:"images",rootData}))){
vErrors = vErrors === null ? validate13.errors : vErrors.concat(validate13.errors);
errors = vErrors.length;
}
}
if(data.containers !== undefined){
if(!(validate23(data.containers, {instancePath:instancePath+"/containers",parentData:data,parentDataProperty:"containers",rootData}))){
vErrors = vErrors === null ? validate23.errors : vErrors.concat(validate23.errors);
errors = vErrors.length;
}
}
if(data.rename !== undefined){
let data6 = data.rename;
if(Array.isArray(data6)){
const len0 = data6.length;
for(let i0=0; i0<len0; i0++){
let data7 = data6[i0];
if(data7 && typeof data7 == "object" && !Array.isArray(data7)){
if(data7.from === undefined){
const err12 = {instancePath:instancePath+"/rename/" + i0,schemaPath:"#/definitions/rename/items/required",keyword:"required",params:{missingProperty: "from"},message:"must have required property '"+"from"+"'",schema:schema47.items.required,parentSchema:schema47.items,data:data7};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if(data7.to === undefined){
const err13 = {instancePath:instancePath+"/rename/" + i0,schemaPath:"#/definitions/rename/items/required",keyword:"required",params:{missingProperty: "to"},message:"must have required property '"+"to"+"'",schema:schema47.items.required,parentSchema:schema47.items,data:data7};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
for(const key1 in data7){
if(!((key1 === "from") || (key1 === "to"))){
const err14 = {instancePath:instancePath+"/rename/" + i0,schemaPath:"#/definitions/rename/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema47.items,data:data7};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data7.from !== undefined){
let data8 = data7.from;
if(typeof data8 === "string"){
if(!(formats4.validate(data8))){
const err15 = {instancePath:instancePath+"/rename/" + i0+"/from",schemaPath:"#/definitions/rename/items/properties/from/format",keyword:"format",params:{format: "airkit-pattern"},message:"must match format \""+"airkit-pattern"+"\"",schema:"airkit-pattern",parentSchema:schema47.items.properties.from,data:data8};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
else {
const err16 = {instancePath:instancePath+"/rename/" + i0+"/from",schemaPath:"#/definitions/rename/items/properties/from/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema47.items.properties.from.type,parentSchema:schema47.items.properties.from,data:data8};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data7.to !== undefined){
let data9 = data7.to;
if(typeof data9 === "string"){
if(func3(data9) < 1){
const err17 = {instancePath:instancePath+"/rename/" + i0+"/to",schemaPath:"#/definitions/rename/items/properties/to/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema47.items.properties.to,data:data9};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
if(!(formats36.validate(data9))){
const err18 = {instancePath:instancePath+"/rename/" + i0+"/to",schemaPath:"#/definitions/rename/items/properties/to/format",keyword:"format",params:{format: "airkit-rename-target"},message:"must match format \""+"airkit-rename-target"+"\"",schema:"airkit-rename-target",parentSchema:schema47.items.properties.to,data:data9};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
else {
const err19 = {instancePath:instancePath+"/rename/" + i0+"/to",schemaPath:"#/definitions/rename/items/properties/to/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema47.items.properties.to.type,parentSchema:schema47.items.properties.to,data:data9};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
}
else {
const err20 = {instancePath:instancePath+"/rename/" + i0,schemaPath:"#/definitions/rename/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema47.items.type,parentSchema:schema47.items,data:data7};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
}
else {
const err21 = {instancePath:instancePath+"/rename",schemaPath:"#/definitions/rename/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema47.type,parentSchema:schema47,data:data6};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data.output !== undefined){
let data10 = data.output;
if(data10 && typeof data10 == "object" && !Array.isArray(data10)){
for(const key2 in data10){
if(!(((key2 === "path") || (key2 === "layers")) || (key2 === "volumeSize"))){
const err22 = {instancePath:instancePath+"/output",schemaPath:"#/definitions/output/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema48,data:data10};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
if(data10.path !== undefined){
let data11 = data10.path;
if(typeof data11 === "string"){
if(func3(data11) < 1){
const err23 = {instancePath:instancePath+"/output/path",schemaPath:"#/definitions/output/properties/path/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema48.properties.path,data:data11};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
if(!(formats38.validate(data11))){
const err24 = {instancePath:instancePath+"/output/path",schemaPath:"#/definitions/output/properties/path/format",keyword:"format",params:{format: "airkit-output-path"},message:"must match format \""+"airkit-output-path"+"\"",schema:"airkit-output-path",parentSchema:schema48.properties.path,data:data11};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
else {
const err25 = {instancePath:instancePath+"/output/path",schemaPath:"#/definitions/output/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema48.properties.path.type,parentSchema:schema48.properties.path,data:data11};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data10.layers !== undefined){
let data12 = data10.layers;
if(typeof data12 !== "string"){
const err26 = {instancePath:instancePath+"/output/layers",schemaPath:"#/definitions/output/properties/layers/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema48.properties.layers.type,parentSchema:schema48.properties.layers,data:data12};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
if(!(((data12 === "zstd") || (data12 === "gzip")) || (data12 === "none"))){
const err27 = {instancePath:instancePath+"/output/layers",schemaPath:"#/definitions/output/properties/layers/enum",keyword:"enum",params:{allowedValues: schema48.properties.layers.enum},message:"must be equal to one of the allowed values",schema:schema48.properties.layers.enum,parentSchema:schema48.properties.layers,data:data12};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
if(data10.volumeSize !== undefined){
let data13 = data10.volumeSize;
if((typeof data13 !== "string") && (!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13))))){
const err28 = {instancePath:instancePath+"/output/volumeSize",schemaPath:"#/definitions/output/properties/volumeSize/type",keyword:"type",params:{type: schema48.properties.volumeSize.type},message:"must be string,integer",schema:schema48.properties.volumeSize.type,parentSchema:schema48.properties.volumeSize,data:data13};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 9007199254740991 || isNaN(data13)){
const err29 = {instancePath:instancePath+"/output/volumeSize",schemaPath:"#/definitions/output/properties/volumeSize/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991",schema:9007199254740991,parentSchema:schema48.properties.volumeSize,data:data13};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
if(data13 < 1 || isNaN(data13)){
const err30 = {instancePath:instancePath+"/output/volumeSize",schemaPath:"#/definitions/output/properties/volumeSize/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema48.properties.volumeSize,data:data13};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
if(typeof data13 === "string"){
if(!(formats40.validate(data13))){
const err31 = {instancePath:instancePath+"/output/volumeSize",schemaPath:"#/definitions/output/properties/volumeSize/format",keyword:"format",params:{format: "airkit-size"},message:"must match format \""+"airkit-size"+"\"",schema:"airkit-size",parentSchema:schema48.properties.volumeSize,data:data13};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
}
}
else {
const err32 = {instancePath:instancePath+"/output",schemaPath:"#/definitions/output/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema48.type,parentSchema:schema48,data:data10};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(data.sign !== undefined){
let data14 = data.sign;
if(data14 && typeof data14 == "object" && !Array.isArray(data14)){
if(data14.key === undefined){
const err33 = {instancePath:instancePath+"/sign",schemaPath:"#/definitions/sign/required",keyword:"required",params:{missingProperty: "key"},message:"must have required property '"+"key"+"'",schema:schema49.required,parentSchema:schema49,data:data14};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
for(const key3 in data14){
if(!((key3 === "key") || (key3 === "publicKey"))){
const err34 = {instancePath:instancePath+"/sign",schemaPath:"#/definitions/sign/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties",schema:false,parentSchema:schema49,data:data14};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
if(data14.key !== undefined){
let data15 = data14.key;
if(typeof data15 === "string"){
if(func3(data15) < 1){
const err35 = {instancePath:instancePath+"/sign/key",schemaPath:"#/definitions/sign/properties/key/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema49.properties.key,data:data15};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
if(!(formats42.validate(data15))){
const err36 = {instancePath:instancePath+"/sign/key",schemaPath:"#/definitions/sign/properties/key/format",keyword:"format",params:{format: "airkit-key"},message:"must match format \""+"airkit-key"+"\"",schema:"airkit-key",parentSchema:schema49.properties.key,data:data15};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
else {
const err37 = {instancePath:instancePath+"/sign/key",schemaPath:"#/definitions/sign/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema49.properties.key.type,parentSchema:schema49.properties.key,data:data15};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
if(data14.publicKey !== undefined){
let data16 = data14.publicKey;
if(typeof data16 === "string"){
if(func3(data16) < 1){
const err38 = {instancePath:instancePath+"/sign/publicKey",schemaPath:"#/definitions/sign/properties/publicKey/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema49.properties.publicKey,data:data16};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
else {
const err39 = {instancePath:instancePath+"/sign/publicKey",schemaPath:"#/definitions/sign/properties/publicKey/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema49.properties.publicKey.type,parentSchema:schema49.properties.publicKey,data:data16};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
}
else {
const err40 = {instancePath:instancePath+"/sign",schemaPath:"#/definitions/sign/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema49.type,parentSchema:schema49,data:data14};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data.from !== undefined){
let data17 = data.from;
if(typeof data17 === "string"){
if(func3(data17) < 1){
const err41 = {instancePath:instancePath+"/from",schemaPath:"#/definitions/from/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema21,data:data17};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
if(!(formats6.validate(data17))){
const err42 = {instancePath:instancePath+"/from",schemaPath:"#/definitions/from/format",keyword:"format",params:{format: "airkit-source"},message:"must match format \""+"airkit-source"+"\"",schema:"airkit-source",parentSchema:schema21,data:data17};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
else {
const err43 = {instancePath:instancePath+"/from",schemaPath:"#/definitions/from/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema21.type,parentSchema:schema21,data:data17};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
if(data.include !== undefined){
if(!(validate15(data.include, {instancePath:instancePath+"/include",parentData:data,parentDataProperty:"include",rootData}))){
vErrors = vErrors === null ? validate15.errors : vErrors.concat(validate15.errors);
errors = vErrors.length;
}
}
if(data.exclude !== undefined){
if(!(validate17(data.exclude, {instancePath:instancePath+"/exclude",parentData:data,parentDataProperty:"exclude",rootData}))){
vErrors = vErrors === null ? validate17.errors : vErrors.concat(validate17.errors);
errors = vErrors.length;
}
}
if(data.labels !== undefined){
let data20 = data.labels;
if(data20 && typeof data20 == "object" && !Array.isArray(data20)){
for(const key4 in data20){
let data21 = data20[key4];
if(typeof data21 !== "string"){
const err44 = {instancePath:instancePath+"/labels/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/definitions/labels/additionalProperties/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema26.additionalProperties.type,parentSchema:schema26.additionalProperties,data:data21};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
}
else {
const err45 = {instancePath:instancePath+"/labels",schemaPath:"#/definitions/labels/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema26.type,parentSchema:schema26,data:data20};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
if(data.platforms !== undefined){
let data22 = data.platforms;
if(Array.isArray(data22)){
if(data22.length < 1){
const err46 = {instancePath:instancePath+"/platforms",schemaPath:"#/definitions/platforms/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema27,data:data22};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
const len1 = data22.length;
for(let i1=0; i1<len1; i1++){
let data23 = data22[i1];
if(typeof data23 === "string"){
if(!pattern2.test(data23)){
const err47 = {instancePath:instancePath+"/platforms/" + i1,schemaPath:"#/definitions/platforms/items/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$"},message:"must match pattern \""+"^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$"+"\"",schema:"^[a-z0-9]+/[a-z0-9_]+(/[a-z0-9.]+)?$",parentSchema:schema27.items,data:data23};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
if(!(formats12.validate(data23))){
const err48 = {instancePath:instancePath+"/platforms/" + i1,schemaPath:"#/definitions/platforms/items/format",keyword:"format",params:{format: "airkit-platform"},message:"must match format \""+"airkit-platform"+"\"",schema:"airkit-platform",parentSchema:schema27.items,data:data23};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
else {
const err49 = {instancePath:instancePath+"/platforms/" + i1,schemaPath:"#/definitions/platforms/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema27.items.type,parentSchema:schema27.items,data:data23};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
let i2 = data22.length;
let j0;
if(i2 > 1){
const indices0 = {};
for(;i2--;){
let item0 = data22[i2];
if(typeof item0 !== "string"){
continue;
}
if(typeof indices0[item0] == "number"){
j0 = indices0[item0];
const err50 = {instancePath:instancePath+"/platforms",schemaPath:"#/definitions/platforms/uniqueItems",keyword:"uniqueItems",params:{i: i2, j: j0},message:"must NOT have duplicate items (items ## "+j0+" and "+i2+" are identical)",schema:true,parentSchema:schema27,data:data22};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
break;
}
indices0[item0] = i2;
}
}
}
else {
const err51 = {instancePath:instancePath+"/platforms",schemaPath:"#/definitions/platforms/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema27.type,parentSchema:schema27,data:data22};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
if(data.optional !== undefined){
let data24 = data.optional;
if(typeof data24 !== "boolean"){
const err52 = {instancePath:instancePath+"/optional",schemaPath:"#/definitions/optional/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema28.type,parentSchema:schema28,data:data24};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
}
if(data.semver !== undefined){
let data25 = data.semver;
if(typeof data25 === "string"){
if(!(formats14.validate(data25))){
const err53 = {instancePath:instancePath+"/semver",schemaPath:"#/definitions/semver/format",keyword:"format",params:{format: "airkit-semver"},message:"must match format \""+"airkit-semver"+"\"",schema:"airkit-semver",parentSchema:schema29,data:data25};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
else {
const err54 = {instancePath:instancePath+"/semver",schemaPath:"#/definitions/semver/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema29.type,parentSchema:schema29,data:data25};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
if(data.newest !== undefined){
let data26 = data.newest;
if(!(((typeof data26 == "number") && (!(data26 % 1) && !isNaN(data26))) && (isFinite(data26)))){
const err55 = {instancePath:instancePath+"/newest",schemaPath:"#/definitions/newest/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema30.type,parentSchema:schema30,data:data26};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
if((typeof data26 == "number") && (isFinite(data26))){
if(data26 > 9007199254740991 || isNaN(data26)){
const err56 = {instancePath:instancePath+"/newest",schemaPath:"#/definitions/newest/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991",schema:9007199254740991,parentSchema:schema30,data:data26};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
if(data26 < 1 || isNaN(data26)){
const err57 = {instancePath:instancePath+"/newest",schemaPath:"#/definitions/newest/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema30,data:data26};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
}
if(data.referrers !== undefined){
let data27 = data.referrers;
if(typeof data27 !== "boolean"){
const err58 = {instancePath:instancePath+"/referrers",schemaPath:"#/definitions/referrers/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema31.type,parentSchema:schema31,data:data27};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
}
if(data.as !== undefined){
let data28 = data.as;
if(typeof data28 === "string"){
if(func3(data28) < 1){
const err59 = {instancePath:instancePath+"/as",schemaPath:"#/definitions/as/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema32,data:data28};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
if(!(formats16.validate(data28))){
const err60 = {instancePath:instancePath+"/as",schemaPath:"#/definitions/as/format",keyword:"format",params:{format: "airkit-as"},message:"must match format \""+"airkit-as"+"\"",schema:"airkit-as",parentSchema:schema32,data:data28};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
}
else {
const err61 = {instancePath:instancePath+"/as",schemaPath:"#/definitions/as/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema32.type,parentSchema:schema32,data:data28};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
if(data.keepConfig !== undefined){
let data29 = data.keepConfig;
if(typeof data29 !== "boolean"){
const err62 = {instancePath:instancePath+"/keepConfig",schemaPath:"#/definitions/keepConfig/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema45.type,parentSchema:schema45,data:data29};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
}
if(data.changes !== undefined){
let data30 = data.changes;
if(Array.isArray(data30)){
const len2 = data30.length;
for(let i3=0; i3<len2; i3++){
let data31 = data30[i3];
if(typeof data31 === "string"){
if(!(formats18.validate(data31))){
const err63 = {instancePath:instancePath+"/changes/" + i3,schemaPath:"#/definitions/changes/items/format",keyword:"format",params:{format: "airkit-change"},message:"must match format \""+"airkit-change"+"\"",schema:"airkit-change",parentSchema:schema33.items,data:data31};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
}
else {
const err64 = {instancePath:instancePath+"/changes/" + i3,schemaPath:"#/definitions/changes/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema33.items.type,parentSchema:schema33.items,data:data31};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
}
}
else {
const err65 = {instancePath:instancePath+"/changes",schemaPath:"#/definitions/changes/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema33.type,parentSchema:schema33,data:data30};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
}
if(data.discover !== undefined){
if(!(validate19(data.discover, {instancePath:instancePath+"/discover",parentData:data,parentDataProperty:"discover",rootData}))){
vErrors = vErrors === null ? validate19.errors : vErrors.concat(validate19.errors);
errors = vErrors.length;
}
}
}
else {
const err66 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema13.type,parentSchema:schema13,data};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
validate12.errors = vErrors;
return errors === 0;
}

const schema60 = {"type":"object","description":"How to reach registry hosts, by HOST or HOST:PORT. A bundles file adds to registries.yaml of the person ($XDG_CONFIG_HOME/airkit) and of the machine (/etc/airkit): of each host, each setting comes from the first of the three that has it.","propertyNames":{"format":"airkit-registry-host"},"additionalProperties":{"$ref":"#/definitions/registry"}};
const schema61 = {"type":"object","description":"How to reach one registry host.","additionalProperties":false,"dependencies":{"cert":["key"],"key":["cert"]},"properties":{"mirrors":{"type":"array","description":"Hosts asked first, in this order, as HOST[:PORT][/PREFIX]. The host itself is asked last.","items":{"type":"string","format":"airkit-mirror"}},"rateLimit":{"type":"string","description":"Most manifest requests in a time, such as 100/6h, 10/s or 600/10m.","pattern":"^[1-9][0-9]{0,8}/([1-9][0-9]{0,5})?[smhd]$","format":"airkit-rate-limit"},"concurrency":{"type":"integer","description":"Most requests in flight at once.","minimum":1,"maximum":64},"ca":{"type":"string","description":"PEM file of certificate authorities trusted for this host, relative to this file.","format":"airkit-path"},"cert":{"type":"string","description":"PEM file of the client certificate, relative to this file. Needs key.","format":"airkit-path"},"key":{"type":"string","description":"PEM file of the client certificate's key, relative to this file. Needs cert.","format":"airkit-path"},"plainHttp":{"type":"boolean","description":"Speak HTTP without TLS to this host. Default false."}}};
const formats54 = SCHEMA_FORMATS["airkit-registry-host"];
const formats56 = SCHEMA_FORMATS["airkit-mirror"];
const formats58 = SCHEMA_FORMATS["airkit-rate-limit"];
const pattern4 = new RegExp("^[1-9][0-9]{0,8}/([1-9][0-9]{0,5})?[smhd]$", "u");

function validate33(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
const _errs1 = errors;
if(typeof key0 === "string"){
if(!(formats54.validate(key0))){
const err0 = {instancePath,schemaPath:"#/propertyNames/format",keyword:"format",params:{format: "airkit-registry-host"},message:"must match format \""+"airkit-registry-host"+"\"",schema:"airkit-registry-host",parentSchema:schema60.propertyNames,data:key0,propertyName:key0};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
var valid0 = _errs1 === errors;
if(!valid0){
const err1 = {instancePath,schemaPath:"#/propertyNames",keyword:"propertyNames",params:{propertyName: key0},message:"property name must be valid",schema:schema60.propertyNames,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
for(const key1 in data){
let data0 = data[key1];
if(data0 && typeof data0 == "object" && !Array.isArray(data0)){
for(const key2 in data0){
if(!(((((((key2 === "mirrors") || (key2 === "rateLimit")) || (key2 === "concurrency")) || (key2 === "ca")) || (key2 === "cert")) || (key2 === "key")) || (key2 === "plainHttp"))){
const err2 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/definitions/registry/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema61,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data0.cert !== undefined){
if(data0.key === undefined){
const err3 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/definitions/registry/dependencies",keyword:"dependencies",params:{property: "cert",
    missingProperty: "key",
    depsCount: 1,
    deps: "key"},message:"must have property key when property cert is present",schema:schema61.dependencies,parentSchema:schema61,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data0.key !== undefined){
if(data0.cert === undefined){
const err4 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/definitions/registry/dependencies",keyword:"dependencies",params:{property: "key",
    missingProperty: "cert",
    depsCount: 1,
    deps: "cert"},message:"must have property cert when property key is present",schema:schema61.dependencies,parentSchema:schema61,data:data0};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data0.mirrors !== undefined){
let data1 = data0.mirrors;
if(Array.isArray(data1)){
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
if(typeof data2 === "string"){
if(!(formats56.validate(data2))){
const err5 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/mirrors/" + i0,schemaPath:"#/definitions/registry/properties/mirrors/items/format",keyword:"format",params:{format: "airkit-mirror"},message:"must match format \""+"airkit-mirror"+"\"",schema:"airkit-mirror",parentSchema:schema61.properties.mirrors.items,data:data2};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/mirrors/" + i0,schemaPath:"#/definitions/registry/properties/mirrors/items/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema61.properties.mirrors.items.type,parentSchema:schema61.properties.mirrors.items,data:data2};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
}
else {
const err7 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/mirrors",schemaPath:"#/definitions/registry/properties/mirrors/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema61.properties.mirrors.type,parentSchema:schema61.properties.mirrors,data:data1};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data0.rateLimit !== undefined){
let data3 = data0.rateLimit;
if(typeof data3 === "string"){
if(!pattern4.test(data3)){
const err8 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/rateLimit",schemaPath:"#/definitions/registry/properties/rateLimit/pattern",keyword:"pattern",params:{pattern: "^[1-9][0-9]{0,8}/([1-9][0-9]{0,5})?[smhd]$"},message:"must match pattern \""+"^[1-9][0-9]{0,8}/([1-9][0-9]{0,5})?[smhd]$"+"\"",schema:"^[1-9][0-9]{0,8}/([1-9][0-9]{0,5})?[smhd]$",parentSchema:schema61.properties.rateLimit,data:data3};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(!(formats58.validate(data3))){
const err9 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/rateLimit",schemaPath:"#/definitions/registry/properties/rateLimit/format",keyword:"format",params:{format: "airkit-rate-limit"},message:"must match format \""+"airkit-rate-limit"+"\"",schema:"airkit-rate-limit",parentSchema:schema61.properties.rateLimit,data:data3};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
else {
const err10 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/rateLimit",schemaPath:"#/definitions/registry/properties/rateLimit/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema61.properties.rateLimit.type,parentSchema:schema61.properties.rateLimit,data:data3};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data0.concurrency !== undefined){
let data4 = data0.concurrency;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err11 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/concurrency",schemaPath:"#/definitions/registry/properties/concurrency/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema61.properties.concurrency.type,parentSchema:schema61.properties.concurrency,data:data4};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 64 || isNaN(data4)){
const err12 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/concurrency",schemaPath:"#/definitions/registry/properties/concurrency/maximum",keyword:"maximum",params:{comparison: "<=", limit: 64},message:"must be <= 64",schema:64,parentSchema:schema61.properties.concurrency,data:data4};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if(data4 < 1 || isNaN(data4)){
const err13 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/concurrency",schemaPath:"#/definitions/registry/properties/concurrency/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema61.properties.concurrency,data:data4};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
}
if(data0.ca !== undefined){
let data5 = data0.ca;
if(typeof data5 === "string"){
if(!(formats20.validate(data5))){
const err14 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/ca",schemaPath:"#/definitions/registry/properties/ca/format",keyword:"format",params:{format: "airkit-path"},message:"must match format \""+"airkit-path"+"\"",schema:"airkit-path",parentSchema:schema61.properties.ca,data:data5};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/ca",schemaPath:"#/definitions/registry/properties/ca/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema61.properties.ca.type,parentSchema:schema61.properties.ca,data:data5};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data0.cert !== undefined){
let data6 = data0.cert;
if(typeof data6 === "string"){
if(!(formats20.validate(data6))){
const err16 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/cert",schemaPath:"#/definitions/registry/properties/cert/format",keyword:"format",params:{format: "airkit-path"},message:"must match format \""+"airkit-path"+"\"",schema:"airkit-path",parentSchema:schema61.properties.cert,data:data6};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
else {
const err17 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/cert",schemaPath:"#/definitions/registry/properties/cert/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema61.properties.cert.type,parentSchema:schema61.properties.cert,data:data6};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data0.key !== undefined){
let data7 = data0.key;
if(typeof data7 === "string"){
if(!(formats20.validate(data7))){
const err18 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/key",schemaPath:"#/definitions/registry/properties/key/format",keyword:"format",params:{format: "airkit-path"},message:"must match format \""+"airkit-path"+"\"",schema:"airkit-path",parentSchema:schema61.properties.key,data:data7};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
else {
const err19 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/key",schemaPath:"#/definitions/registry/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema61.properties.key.type,parentSchema:schema61.properties.key,data:data7};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data0.plainHttp !== undefined){
let data8 = data0.plainHttp;
if(typeof data8 !== "boolean"){
const err20 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1")+"/plainHttp",schemaPath:"#/definitions/registry/properties/plainHttp/type",keyword:"type",params:{type: "boolean"},message:"must be boolean",schema:schema61.properties.plainHttp.type,parentSchema:schema61.properties.plainHttp,data:data8};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
}
else {
const err21 = {instancePath:instancePath+"/" + key1.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/definitions/registry/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema61.type,parentSchema:schema61,data:data0};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
}
else {
const err22 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema60.type,parentSchema:schema60,data};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
validate33.errors = vErrors;
return errors === 0;
}

const schema62 = {"type":"object","description":"One named set of images, packed into one kit. Holds images, containers or both.","additionalProperties":false,"required":["name"],"properties":{"name":{"type":"string","description":"Name of the bundle, unique in the file; part of the kit's folder name.","pattern":"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$","maxLength":128,"format":"airkit-name"},"version":{"$ref":"#/definitions/version"},"serial":{"$ref":"#/definitions/serial"},"expires":{"$ref":"#/definitions/expires"},"description":{"$ref":"#/definitions/description"},"images":{"$ref":"#/definitions/images"},"containers":{"$ref":"#/definitions/containers"},"rename":{"$ref":"#/definitions/rename"},"output":{"$ref":"#/definitions/output"},"sign":{"$ref":"#/definitions/sign"}}};
const formats66 = SCHEMA_FORMATS["airkit-name"];
const pattern5 = new RegExp("^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", "u");

function validate35(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.name === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"},message:"must have required property '"+"name"+"'",schema:schema62.required,parentSchema:schema62,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema62.properties, key0))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema62,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.name !== undefined){
let data0 = data.name;
if(typeof data0 === "string"){
if(func3(data0) > 128){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/maxLength",keyword:"maxLength",params:{limit: 128},message:"must NOT have more than 128 characters",schema:128,parentSchema:schema62.properties.name,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(!pattern5.test(data0)){
const err3 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"},message:"must match pattern \""+"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"+"\"",schema:"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$",parentSchema:schema62.properties.name,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(!(formats66.validate(data0))){
const err4 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/format",keyword:"format",params:{format: "airkit-name"},message:"must match format \""+"airkit-name"+"\"",schema:"airkit-name",parentSchema:schema62.properties.name,data:data0};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema62.properties.name.type,parentSchema:schema62.properties.name,data:data0};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.version !== undefined){
let data1 = data.version;
if(typeof data1 === "string"){
if(func3(data1) > 128){
const err6 = {instancePath:instancePath+"/version",schemaPath:"#/definitions/version/maxLength",keyword:"maxLength",params:{limit: 128},message:"must NOT have more than 128 characters",schema:128,parentSchema:schema14,data:data1};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if(!pattern0.test(data1)){
const err7 = {instancePath:instancePath+"/version",schemaPath:"#/definitions/version/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z0-9]([A-Za-z0-9._+-]*[A-Za-z0-9])?$"},message:"must match pattern \""+"^[A-Za-z0-9]([A-Za-z0-9._+-]*[A-Za-z0-9])?$"+"\"",schema:"^[A-Za-z0-9]([A-Za-z0-9._+-]*[A-Za-z0-9])?$",parentSchema:schema14,data:data1};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
if(!(formats0.validate(data1))){
const err8 = {instancePath:instancePath+"/version",schemaPath:"#/definitions/version/format",keyword:"format",params:{format: "airkit-version"},message:"must match format \""+"airkit-version"+"\"",schema:"airkit-version",parentSchema:schema14,data:data1};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
else {
const err9 = {instancePath:instancePath+"/version",schemaPath:"#/definitions/version/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema14.type,parentSchema:schema14,data:data1};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.serial !== undefined){
let data2 = data.serial;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err10 = {instancePath:instancePath+"/serial",schemaPath:"#/definitions/serial/type",keyword:"type",params:{type: "integer"},message:"must be integer",schema:schema15.type,parentSchema:schema15,data:data2};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 9007199254740991 || isNaN(data2)){
const err11 = {instancePath:instancePath+"/serial",schemaPath:"#/definitions/serial/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991",schema:9007199254740991,parentSchema:schema15,data:data2};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
if(data2 < 0 || isNaN(data2)){
const err12 = {instancePath:instancePath+"/serial",schemaPath:"#/definitions/serial/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0",schema:0,parentSchema:schema15,data:data2};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
}
if(data.expires !== undefined){
let data3 = data.expires;
if(typeof data3 === "string"){
if(!pattern1.test(data3)){
const err13 = {instancePath:instancePath+"/expires",schemaPath:"#/definitions/expires/pattern",keyword:"pattern",params:{pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},message:"must match pattern \""+"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"+"\"",schema:"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",parentSchema:schema16,data:data3};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(!(formats2.validate(data3))){
const err14 = {instancePath:instancePath+"/expires",schemaPath:"#/definitions/expires/format",keyword:"format",params:{format: "airkit-date"},message:"must match format \""+"airkit-date"+"\"",schema:"airkit-date",parentSchema:schema16,data:data3};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/expires",schemaPath:"#/definitions/expires/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema16.type,parentSchema:schema16,data:data3};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data.description !== undefined){
let data4 = data.description;
if(typeof data4 !== "string"){
const err16 = {instancePath:instancePath+"/description",schemaPath:"#/definitions/description/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema17.type,parentSchema:schema17,data:data4};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data.images !== undefined){
if(!(validate13(data.images, {instancePath:instancePath+"/images",parentData:data,parentDataProperty:"images",rootData}))){
vErrors = vErrors === null ? validate13.errors : vErrors.concat(validate13.errors);
errors = vErrors.length;
}
}
if(data.containers !== undefined){
if(!(validate23(data.containers, {instancePath:instancePath+"/containers",parentData:data,parentDataProperty:"containers",rootData}))){
vErrors = vErrors === null ? validate23.errors : vErrors.concat(validate23.errors);
errors = vErrors.length;
}
}
if(data.rename !== undefined){
let data7 = data.rename;
if(Array.isArray(data7)){
const len0 = data7.length;
for(let i0=0; i0<len0; i0++){
let data8 = data7[i0];
if(data8 && typeof data8 == "object" && !Array.isArray(data8)){
if(data8.from === undefined){
const err17 = {instancePath:instancePath+"/rename/" + i0,schemaPath:"#/definitions/rename/items/required",keyword:"required",params:{missingProperty: "from"},message:"must have required property '"+"from"+"'",schema:schema47.items.required,parentSchema:schema47.items,data:data8};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
if(data8.to === undefined){
const err18 = {instancePath:instancePath+"/rename/" + i0,schemaPath:"#/definitions/rename/items/required",keyword:"required",params:{missingProperty: "to"},message:"must have required property '"+"to"+"'",schema:schema47.items.required,parentSchema:schema47.items,data:data8};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
for(const key1 in data8){
if(!((key1 === "from") || (key1 === "to"))){
const err19 = {instancePath:instancePath+"/rename/" + i0,schemaPath:"#/definitions/rename/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties",schema:false,parentSchema:schema47.items,data:data8};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data8.from !== undefined){
let data9 = data8.from;
if(typeof data9 === "string"){
if(!(formats4.validate(data9))){
const err20 = {instancePath:instancePath+"/rename/" + i0+"/from",schemaPath:"#/definitions/rename/items/properties/from/format",keyword:"format",params:{format: "airkit-pattern"},message:"must match format \""+"airkit-pattern"+"\"",schema:"airkit-pattern",parentSchema:schema47.items.properties.from,data:data9};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
else {
const err21 = {instancePath:instancePath+"/rename/" + i0+"/from",schemaPath:"#/definitions/rename/items/properties/from/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema47.items.properties.from.type,parentSchema:schema47.items.properties.from,data:data9};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data8.to !== undefined){
let data10 = data8.to;
if(typeof data10 === "string"){
if(func3(data10) < 1){
const err22 = {instancePath:instancePath+"/rename/" + i0+"/to",schemaPath:"#/definitions/rename/items/properties/to/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema47.items.properties.to,data:data10};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
if(!(formats36.validate(data10))){
const err23 = {instancePath:instancePath+"/rename/" + i0+"/to",schemaPath:"#/definitions/rename/items/properties/to/format",keyword:"format",params:{format: "airkit-rename-target"},message:"must match format \""+"airkit-rename-target"+"\"",schema:"airkit-rename-target",parentSchema:schema47.items.properties.to,data:data10};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
else {
const err24 = {instancePath:instancePath+"/rename/" + i0+"/to",schemaPath:"#/definitions/rename/items/properties/to/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema47.items.properties.to.type,parentSchema:schema47.items.properties.to,data:data10};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
}
else {
const err25 = {instancePath:instancePath+"/rename/" + i0,schemaPath:"#/definitions/rename/items/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema47.items.type,parentSchema:schema47.items,data:data8};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
}
else {
const err26 = {instancePath:instancePath+"/rename",schemaPath:"#/definitions/rename/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema47.type,parentSchema:schema47,data:data7};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
if(data.output !== undefined){
let data11 = data.output;
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
for(const key2 in data11){
if(!(((key2 === "path") || (key2 === "layers")) || (key2 === "volumeSize"))){
const err27 = {instancePath:instancePath+"/output",schemaPath:"#/definitions/output/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties",schema:false,parentSchema:schema48,data:data11};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
if(data11.path !== undefined){
let data12 = data11.path;
if(typeof data12 === "string"){
if(func3(data12) < 1){
const err28 = {instancePath:instancePath+"/output/path",schemaPath:"#/definitions/output/properties/path/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema48.properties.path,data:data12};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
if(!(formats38.validate(data12))){
const err29 = {instancePath:instancePath+"/output/path",schemaPath:"#/definitions/output/properties/path/format",keyword:"format",params:{format: "airkit-output-path"},message:"must match format \""+"airkit-output-path"+"\"",schema:"airkit-output-path",parentSchema:schema48.properties.path,data:data12};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
else {
const err30 = {instancePath:instancePath+"/output/path",schemaPath:"#/definitions/output/properties/path/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema48.properties.path.type,parentSchema:schema48.properties.path,data:data12};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
if(data11.layers !== undefined){
let data13 = data11.layers;
if(typeof data13 !== "string"){
const err31 = {instancePath:instancePath+"/output/layers",schemaPath:"#/definitions/output/properties/layers/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema48.properties.layers.type,parentSchema:schema48.properties.layers,data:data13};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
if(!(((data13 === "zstd") || (data13 === "gzip")) || (data13 === "none"))){
const err32 = {instancePath:instancePath+"/output/layers",schemaPath:"#/definitions/output/properties/layers/enum",keyword:"enum",params:{allowedValues: schema48.properties.layers.enum},message:"must be equal to one of the allowed values",schema:schema48.properties.layers.enum,parentSchema:schema48.properties.layers,data:data13};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(data11.volumeSize !== undefined){
let data14 = data11.volumeSize;
if((typeof data14 !== "string") && (!(((typeof data14 == "number") && (!(data14 % 1) && !isNaN(data14))) && (isFinite(data14))))){
const err33 = {instancePath:instancePath+"/output/volumeSize",schemaPath:"#/definitions/output/properties/volumeSize/type",keyword:"type",params:{type: schema48.properties.volumeSize.type},message:"must be string,integer",schema:schema48.properties.volumeSize.type,parentSchema:schema48.properties.volumeSize,data:data14};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 9007199254740991 || isNaN(data14)){
const err34 = {instancePath:instancePath+"/output/volumeSize",schemaPath:"#/definitions/output/properties/volumeSize/maximum",keyword:"maximum",params:{comparison: "<=", limit: 9007199254740991},message:"must be <= 9007199254740991",schema:9007199254740991,parentSchema:schema48.properties.volumeSize,data:data14};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
if(data14 < 1 || isNaN(data14)){
const err35 = {instancePath:instancePath+"/output/volumeSize",schemaPath:"#/definitions/output/properties/volumeSize/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},message:"must be >= 1",schema:1,parentSchema:schema48.properties.volumeSize,data:data14};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
if(typeof data14 === "string"){
if(!(formats40.validate(data14))){
const err36 = {instancePath:instancePath+"/output/volumeSize",schemaPath:"#/definitions/output/properties/volumeSize/format",keyword:"format",params:{format: "airkit-size"},message:"must match format \""+"airkit-size"+"\"",schema:"airkit-size",parentSchema:schema48.properties.volumeSize,data:data14};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
}
}
else {
const err37 = {instancePath:instancePath+"/output",schemaPath:"#/definitions/output/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema48.type,parentSchema:schema48,data:data11};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
}
if(data.sign !== undefined){
let data15 = data.sign;
if(data15 && typeof data15 == "object" && !Array.isArray(data15)){
if(data15.key === undefined){
const err38 = {instancePath:instancePath+"/sign",schemaPath:"#/definitions/sign/required",keyword:"required",params:{missingProperty: "key"},message:"must have required property '"+"key"+"'",schema:schema49.required,parentSchema:schema49,data:data15};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
for(const key3 in data15){
if(!((key3 === "key") || (key3 === "publicKey"))){
const err39 = {instancePath:instancePath+"/sign",schemaPath:"#/definitions/sign/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties",schema:false,parentSchema:schema49,data:data15};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
if(data15.key !== undefined){
let data16 = data15.key;
if(typeof data16 === "string"){
if(func3(data16) < 1){
const err40 = {instancePath:instancePath+"/sign/key",schemaPath:"#/definitions/sign/properties/key/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema49.properties.key,data:data16};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
if(!(formats42.validate(data16))){
const err41 = {instancePath:instancePath+"/sign/key",schemaPath:"#/definitions/sign/properties/key/format",keyword:"format",params:{format: "airkit-key"},message:"must match format \""+"airkit-key"+"\"",schema:"airkit-key",parentSchema:schema49.properties.key,data:data16};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
else {
const err42 = {instancePath:instancePath+"/sign/key",schemaPath:"#/definitions/sign/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema49.properties.key.type,parentSchema:schema49.properties.key,data:data16};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
if(data15.publicKey !== undefined){
let data17 = data15.publicKey;
if(typeof data17 === "string"){
if(func3(data17) < 1){
const err43 = {instancePath:instancePath+"/sign/publicKey",schemaPath:"#/definitions/sign/properties/publicKey/minLength",keyword:"minLength",params:{limit: 1},message:"must NOT have fewer than 1 characters",schema:1,parentSchema:schema49.properties.publicKey,data:data17};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
else {
const err44 = {instancePath:instancePath+"/sign/publicKey",schemaPath:"#/definitions/sign/properties/publicKey/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema49.properties.publicKey.type,parentSchema:schema49.properties.publicKey,data:data17};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
}
else {
const err45 = {instancePath:instancePath+"/sign",schemaPath:"#/definitions/sign/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema49.type,parentSchema:schema49,data:data15};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
}
else {
const err46 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema62.type,parentSchema:schema62,data};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
validate35.errors = vErrors;
return errors === 0;
}


function validate11(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
const _errs2 = errors;
let valid1 = true;
const _errs3 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
let missing0;
if((data.defaults === undefined) && (missing0 = "defaults")){
const err0 = {};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
else {
if(data.defaults !== undefined){
let data0 = data.defaults;
if(data0 && typeof data0 == "object" && !Array.isArray(data0)){
let missing1;
if((data0.version === undefined) && (missing1 = "version")){
const err1 = {};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
}
}
}
var _valid0 = _errs3 === errors;
errors = _errs2;
if(vErrors !== null){
if(_errs2){
vErrors.length = _errs2;
}
else {
vErrors = null;
}
}
if(!_valid0){
const _errs5 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.bundles !== undefined){
let data1 = data.bundles;
if(Array.isArray(data1)){
const len0 = data1.length;
for(let i0=0; i0<len0; i0++){
let data2 = data1[i0];
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(data2.version === undefined){
const err2 = {instancePath:instancePath+"/bundles/" + i0,schemaPath:"#/allOf/0/else/properties/bundles/items/required",keyword:"required",params:{missingProperty: "version"},message:"must have required property '"+"version"+"'",schema:schema12.allOf[0].else.properties.bundles.items.required,parentSchema:schema12.allOf[0].else.properties.bundles.items,data:data2};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
}
}
}
}
var _valid0 = _errs5 === errors;
valid1 = _valid0;
}
if(!valid1){
const err3 = {instancePath,schemaPath:"#/allOf/0/if",keyword:"if",params:{failingKeyword: "else"},message:"must match \"else\" schema",schema:schema12.allOf[0].if,parentSchema:schema12.allOf[0],data};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
const _errs9 = errors;
let valid6 = true;
const _errs10 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
let missing2;
if((data.defaults === undefined) && (missing2 = "defaults")){
const err4 = {};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
else {
if(data.defaults !== undefined){
let data3 = data.defaults;
const _errs12 = errors;
let valid8 = false;
const _errs13 = errors;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
let missing3;
if((data3.images === undefined) && (missing3 = "images")){
const err5 = {};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
var _valid2 = _errs13 === errors;
valid8 = valid8 || _valid2;
if(!valid8){
const _errs14 = errors;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
let missing4;
if((data3.containers === undefined) && (missing4 = "containers")){
const err6 = {};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
var _valid2 = _errs14 === errors;
valid8 = valid8 || _valid2;
}
if(!valid8){
const err7 = {};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
else {
errors = _errs12;
if(vErrors !== null){
if(_errs12){
vErrors.length = _errs12;
}
else {
vErrors = null;
}
}
}
}
}
}
var _valid1 = _errs10 === errors;
errors = _errs9;
if(vErrors !== null){
if(_errs9){
vErrors.length = _errs9;
}
else {
vErrors = null;
}
}
if(!_valid1){
const _errs15 = errors;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.bundles !== undefined){
let data4 = data.bundles;
if(Array.isArray(data4)){
const len1 = data4.length;
for(let i1=0; i1<len1; i1++){
let data5 = data4[i1];
const _errs18 = errors;
let valid12 = false;
const _errs19 = errors;
if(data5 && typeof data5 == "object" && !Array.isArray(data5)){
if(data5.images === undefined){
const err8 = {instancePath:instancePath+"/bundles/" + i1,schemaPath:"#/allOf/1/else/properties/bundles/items/anyOf/0/required",keyword:"required",params:{missingProperty: "images"},message:"must have required property '"+"images"+"'",schema:schema12.allOf[1].else.properties.bundles.items.anyOf[0].required,parentSchema:schema12.allOf[1].else.properties.bundles.items.anyOf[0],data:data5};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
var _valid3 = _errs19 === errors;
valid12 = valid12 || _valid3;
if(!valid12){
const _errs20 = errors;
if(data5 && typeof data5 == "object" && !Array.isArray(data5)){
if(data5.containers === undefined){
const err9 = {instancePath:instancePath+"/bundles/" + i1,schemaPath:"#/allOf/1/else/properties/bundles/items/anyOf/1/required",keyword:"required",params:{missingProperty: "containers"},message:"must have required property '"+"containers"+"'",schema:schema12.allOf[1].else.properties.bundles.items.anyOf[1].required,parentSchema:schema12.allOf[1].else.properties.bundles.items.anyOf[1],data:data5};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
var _valid3 = _errs20 === errors;
valid12 = valid12 || _valid3;
}
if(!valid12){
const err10 = {instancePath:instancePath+"/bundles/" + i1,schemaPath:"#/allOf/1/else/properties/bundles/items/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf",schema:schema12.allOf[1].else.properties.bundles.items.anyOf,parentSchema:schema12.allOf[1].else.properties.bundles.items,data:data5};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
else {
errors = _errs18;
if(vErrors !== null){
if(_errs18){
vErrors.length = _errs18;
}
else {
vErrors = null;
}
}
}
}
}
}
}
var _valid1 = _errs15 === errors;
valid6 = _valid1;
}
if(!valid6){
const err11 = {instancePath,schemaPath:"#/allOf/1/if",keyword:"if",params:{failingKeyword: "else"},message:"must match \"else\" schema",schema:schema12.allOf[1].if,parentSchema:schema12.allOf[1],data};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.apiVersion === undefined){
const err12 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "apiVersion"},message:"must have required property '"+"apiVersion"+"'",schema:schema12.required,parentSchema:schema12,data};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if(data.kind === undefined){
const err13 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "kind"},message:"must have required property '"+"kind"+"'",schema:schema12.required,parentSchema:schema12,data};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data.bundles === undefined){
const err14 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "bundles"},message:"must have required property '"+"bundles"+"'",schema:schema12.required,parentSchema:schema12,data};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
for(const key0 in data){
if(!((((((key0 === "$schema") || (key0 === "apiVersion")) || (key0 === "kind")) || (key0 === "defaults")) || (key0 === "registries")) || (key0 === "bundles"))){
const err15 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema12,data};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data.$schema !== undefined){
let data6 = data.$schema;
if(typeof data6 !== "string"){
const err16 = {instancePath:instancePath+"/$schema",schemaPath:"#/properties/%24schema/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema12.properties.$schema.type,parentSchema:schema12.properties.$schema,data:data6};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data.apiVersion !== undefined){
let data7 = data.apiVersion;
if(typeof data7 !== "string"){
const err17 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema12.properties.apiVersion.type,parentSchema:schema12.properties.apiVersion,data:data7};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
if(!(data7 === "airkit.dev/v1")){
const err18 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/enum",keyword:"enum",params:{allowedValues: schema12.properties.apiVersion.enum},message:"must be equal to one of the allowed values",schema:schema12.properties.apiVersion.enum,parentSchema:schema12.properties.apiVersion,data:data7};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data.kind !== undefined){
let data8 = data.kind;
if(typeof data8 !== "string"){
const err19 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema12.properties.kind.type,parentSchema:schema12.properties.kind,data:data8};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
if(!(data8 === "Bundles")){
const err20 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/enum",keyword:"enum",params:{allowedValues: schema12.properties.kind.enum},message:"must be equal to one of the allowed values",schema:schema12.properties.kind.enum,parentSchema:schema12.properties.kind,data:data8};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
if(data.defaults !== undefined){
if(!(validate12(data.defaults, {instancePath:instancePath+"/defaults",parentData:data,parentDataProperty:"defaults",rootData}))){
vErrors = vErrors === null ? validate12.errors : vErrors.concat(validate12.errors);
errors = vErrors.length;
}
}
if(data.registries !== undefined){
if(!(validate33(data.registries, {instancePath:instancePath+"/registries",parentData:data,parentDataProperty:"registries",rootData}))){
vErrors = vErrors === null ? validate33.errors : vErrors.concat(validate33.errors);
errors = vErrors.length;
}
}
if(data.bundles !== undefined){
let data11 = data.bundles;
if(Array.isArray(data11)){
if(data11.length < 1){
const err21 = {instancePath:instancePath+"/bundles",schemaPath:"#/properties/bundles/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items",schema:1,parentSchema:schema12.properties.bundles,data:data11};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
const len2 = data11.length;
for(let i2=0; i2<len2; i2++){
if(!(validate35(data11[i2], {instancePath:instancePath+"/bundles/" + i2,parentData:data11,parentDataProperty:i2,rootData}))){
vErrors = vErrors === null ? validate35.errors : vErrors.concat(validate35.errors);
errors = vErrors.length;
}
}
}
else {
const err22 = {instancePath:instancePath+"/bundles",schemaPath:"#/properties/bundles/type",keyword:"type",params:{type: "array"},message:"must be array",schema:schema12.properties.bundles.type,parentSchema:schema12.properties.bundles,data:data11};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
}
else {
const err23 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema12.type,parentSchema:schema12,data};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
validate11.errors = vErrors;
return errors === 0;
}


function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="bundles" */;
let vErrors = null;
let errors = 0;
if(!(validate11(data, {instancePath,parentData,parentDataProperty,rootData}))){
vErrors = vErrors === null ? validate11.errors : vErrors.concat(validate11.errors);
errors = vErrors.length;
}
validate10.errors = vErrors;
return errors === 0;
}

export const isRegistries: Validator<{ readonly registries: Registries }> = validate40;
const schema70 = {"$id":"registries","$ref":"bundles.schema.json#/definitions/registriesFile"};
const schema71 = {"type":"object","description":"How a machine or a person reaches registries: /etc/airkit/registries.yaml and $XDG_CONFIG_HOME/airkit/registries.yaml.","additionalProperties":false,"required":["registries"],"properties":{"$schema":{"type":"string","description":"Address of this schema, for editors. airkit ignores it."},"apiVersion":{"type":"string","enum":["airkit.dev/v1"],"description":"Version of the file format. May be left out."},"kind":{"type":"string","enum":["Registries"],"description":"Always Registries. May be left out."},"registries":{"$ref":"#/definitions/registries"}}};

function validate41(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.registries === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "registries"},message:"must have required property '"+"registries"+"'",schema:schema71.required,parentSchema:schema71,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((((key0 === "$schema") || (key0 === "apiVersion")) || (key0 === "kind")) || (key0 === "registries"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties",schema:false,parentSchema:schema71,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.$schema !== undefined){
let data0 = data.$schema;
if(typeof data0 !== "string"){
const err2 = {instancePath:instancePath+"/$schema",schemaPath:"#/properties/%24schema/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema71.properties.$schema.type,parentSchema:schema71.properties.$schema,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.apiVersion !== undefined){
let data1 = data.apiVersion;
if(typeof data1 !== "string"){
const err3 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema71.properties.apiVersion.type,parentSchema:schema71.properties.apiVersion,data:data1};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(!(data1 === "airkit.dev/v1")){
const err4 = {instancePath:instancePath+"/apiVersion",schemaPath:"#/properties/apiVersion/enum",keyword:"enum",params:{allowedValues: schema71.properties.apiVersion.enum},message:"must be equal to one of the allowed values",schema:schema71.properties.apiVersion.enum,parentSchema:schema71.properties.apiVersion,data:data1};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.kind !== undefined){
let data2 = data.kind;
if(typeof data2 !== "string"){
const err5 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/type",keyword:"type",params:{type: "string"},message:"must be string",schema:schema71.properties.kind.type,parentSchema:schema71.properties.kind,data:data2};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(!(data2 === "Registries")){
const err6 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/enum",keyword:"enum",params:{allowedValues: schema71.properties.kind.enum},message:"must be equal to one of the allowed values",schema:schema71.properties.kind.enum,parentSchema:schema71.properties.kind,data:data2};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.registries !== undefined){
if(!(validate33(data.registries, {instancePath:instancePath+"/registries",parentData:data,parentDataProperty:"registries",rootData}))){
vErrors = vErrors === null ? validate33.errors : vErrors.concat(validate33.errors);
errors = vErrors.length;
}
}
}
else {
const err7 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object",schema:schema71.type,parentSchema:schema71,data};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
validate41.errors = vErrors;
return errors === 0;
}


function validate40(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="registries" */;
let vErrors = null;
let errors = 0;
if(!(validate41(data, {instancePath,parentData,parentDataProperty,rootData}))){
vErrors = vErrors === null ? validate41.errors : vErrors.concat(validate41.errors);
errors = vErrors.length;
}
validate40.errors = vErrors;
return errors === 0;
}
