// Reads documents as a JSON list of texts on standard input, opens and saves each as another tool would, and prints a JSON list
// of {warnings, xml}. With the path of a moddle descriptor as argument it knows the extension, without one it does not.
import { readFileSync } from 'node:fs';
import { BpmnModdle } from 'bpmn-moddle';

const descriptor = process.argv[2];
const moddle = new BpmnModdle(descriptor ? { motcua: JSON.parse(readFileSync(descriptor, 'utf-8')) } : {});
const saved = [];
for (const document of JSON.parse(readFileSync(0, 'utf-8'))) {
  const { rootElement, warnings } = await moddle.fromXML(document);
  const { xml } = await moddle.toXML(rootElement, { format: true });
  saved.push({ warnings: warnings.map((warning) => warning.message), xml });
}
process.stdout.write(JSON.stringify(saved));
