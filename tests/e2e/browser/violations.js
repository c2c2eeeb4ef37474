// What axe finds that is serious or critical, a line for each element.
async ({standards, only}) => {
  const found = await axe.run(document, {
    resultTypes: ["violations"],
    runOnly: only ? {type: "rule", values: only} : {type: "tag", values: standards},
  });
  return found.violations.filter((v) => ["serious", "critical"].includes(v.impact)).flatMap((v) => v.nodes.map(
    (node) => `${v.id} (${v.impact}): ${node.html.slice(0, 200)} :: ${node.failureSummary.replaceAll("\n", " ").slice(0, 300)}`));
}
