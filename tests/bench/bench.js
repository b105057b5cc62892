// Runs the tasks of both sides in turn, times whole processes, and prints medians and ratios.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../..');
const usage = `tests/bench/run [--quick] [--records N] [--accounts N] [--rounds N] [--cpus 0,1]
                [--rerate FILE] [--cache DIR] [--json FILE]`;

const { values: options } = parseArgs({
  options: {
    records: { type: 'string', default: '10000000' },
    accounts: { type: 'string', default: '50000' },
    rounds: { type: 'string', default: '5' },
    cpus: { type: 'string', default: '0,1' },
    rerate: { type: 'string', default: path.join(root, 'build/release/rerate') },
    cache: { type: 'string', default: path.join(root, 'build/bench') },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(usage);
  process.exit(0);
}
if (options.quick) Object.assign(options, { records: '1000000', accounts: '10000', rounds: '3' });

const SECONDS_A_RUN = 600;
const cpus = options.cpus.split(',');
const data = path.join(options.cache, `${options.records}x${options.accounts}`);
fs.mkdirSync(options.cache, { recursive: true });
const scratch = fs.mkdtempSync(path.join(options.cache, 'scratch-'));
process.on('exit', () => fs.rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const GNU_TIME = '/usr/bin/time';
const env = {
  ...process.env,
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  OMPI_MCA_hwloc_base_binding_policy: 'none',
  OMPI_MCA_mpi_yield_when_idle: '1',
  OMPI_MCA_btl_vader_single_copy_mechanism: 'none',
};

// Returns { seconds, stdout }; throws with the program's own words when it fails.
function execute(command, args) {
  const start = process.hrtime.bigint();
  const run = spawnSync(command, args, {
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    timeout: SECONDS_A_RUN * 1000,
  });
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (run.error || run.status !== 0)
    throw new Error(`${command} ${args.join(' ')}\nended with ${run.status ?? run.signal}: ` +
      `${run.error ?? run.stderr}`);
  return { seconds, stdout: run.stdout, stderr: run.stderr };
}

const pinned = (on, command, args) => execute('taskset', ['-c', on.join(','), command, ...args]);

// Returns { seconds, rss_mb }: the peak of the biggest rank.
function rerate(ranks, args) {
  const peaks = path.join(scratch, 'peaks');
  fs.rmSync(peaks, { force: true });
  const timed = fs.existsSync(GNU_TIME) ? [GNU_TIME, '-a', '-o', peaks, '-f', '%M'] : [];
  const program = [...timed, options.rerate, ...args, '--progress', 'plain', '--json'];
  const run = ranks === 1
    ? pinned(cpus.slice(0, 1), program[0], program.slice(1))
    : pinned(cpus, 'mpirun', ['-n', `${ranks}`, ...program]);
  const rss = timed.length ? fs.readFileSync(peaks, 'utf8').trim().split('\n').map(Number) : [NaN];
  const phases = [...run.stderr.matchAll(/(\w+) took ([\d.]+) s/g)].map((m) => `${m[1]} ${Number(m[2]).toFixed(2)}`);
  return { seconds: run.seconds, rss_mb: Math.max(...rss) / 1024, phases, summary: JSON.parse(run.stdout) };
}

function rerateRun(ranks, book, workspace) {
  fs.rmSync(workspace, { recursive: true, force: true });
  const files = fs.readdirSync(path.join(data, 'usage')).map((f) => path.join(data, 'usage', f));
  return rerate(ranks, ['run', '--fresh', '-w', workspace, path.join(here, 'books', book), ...files]);
}

function duckdb(query) {
  const args = [path.join(here, 'duckdb.js'), query, data, scratch, `${cpus.length}`];
  const run = pinned(cpus, process.execPath, args);
  return { seconds: run.seconds, ...JSON.parse(run.stdout) };
}

// Each round edits the price of a token, so that there is a new result to publish.
let priced = 0;
function rerateRate(workspace) {
  const book = path.join(scratch, `repriced-${priced}.yaml`);
  const text = fs.readFileSync(path.join(here, 'books/aggregates.yaml'), 'utf8');
  priced += 1;
  fs.writeFileSync(book, text.replace('"0.000002"', `"0.00000${3 + priced % 6}"`));
  return rerate(cpus.length, ['rate', '-w', workspace, book]);
}

const n = cpus.length;
const workspaces = { aggregates: path.join(scratch, 'aggregates'), exact: path.join(scratch, 'exact') };
const groups = [
  {
    title: 'monthly aggregates from zstd CSV, every record counts',
    tasks: [
      { name: `duckdb threads=${n}, Parquet`, run: () => duckdb('aggregates'), peer: true },
      { name: `duckdb threads=${n}, CSV in order`, run: () => duckdb('aggregates_csv'), peer: true },
      { name: `rerate ranks=${n}`, run: () => rerateRun(n, 'aggregates.yaml', workspaces.aggregates) },
      { name: 'rerate ranks=1', run: () => rerateRun(1, 'aggregates.yaml', `${workspaces.aggregates}-1`) },
    ],
  },
  {
    title: 'the same after exact de-duplication by account and event id',
    tasks: [
      { name: `duckdb threads=${n}, any copy`, run: () => duckdb('any_copy'), peer: true },
      { name: `duckdb threads=${n}, first copy`, run: () => duckdb('first_copy'), peer: true },
      { name: `duckdb threads=${n}, any copy, CSV in order`, run: () => duckdb('any_copy_csv'), peer: true },
      { name: `duckdb threads=${n}, first copy, CSV in order`, run: () => duckdb('first_copy_csv'), peer: true },
      { name: `rerate ranks=${n}, first copy`, run: () => rerateRun(n, 'exact.yaml', workspaces.exact) },
      { name: 'rerate ranks=1, first copy', run: () => rerateRun(1, 'exact.yaml', `${workspaces.exact}-1`) },
    ],
  },
  {
    title: 'pricing again from the kept aggregates, lines written as CSV',
    tasks: [
      { name: `duckdb threads=${n}, Parquet`, run: () => duckdb('rate'), peer: true },
      { name: `rerate ranks=${n}, state`, run: () => rerateRate(workspaces.aggregates) },
    ],
  },
];

function prepare() {
  if (!fs.existsSync(data)) {
    const beside = path.join(scratch, 'sample');
    execute(options.rerate, ['generate', '--records', options.records, '--accounts',
      options.accounts, '-o', beside]);
    fs.renameSync(beside, data);
  }
  let bytes = 0;
  for (const file of fs.readdirSync(path.join(data, 'usage'))) {
    const content = fs.readFileSync(path.join(data, 'usage', file)); // warms the page cache
    bytes += content.length;
  }
  return bytes;
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

function treeBytes(dir) {
  return fs.readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + fs.statSync(path.join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}

// The billed quantity of each charge, in thousandths, from lines.csv.
function lineTotals(workspace) {
  const text = fs.readFileSync(path.join(workspace, 'results/latest/lines.csv'), 'latin1');
  const totals = {};
  for (let at = text.indexOf('\n') + 1; at < text.length;) {
    const end = text.indexOf('\n', at);
    const cell = text.slice(at, end).split(',');
    const [whole, fraction = ''] = cell[8].split('.');
    totals[cell[4]] = (totals[cell[4]] ?? 0n) + BigInt(whole) * 1000n + BigInt(fraction.padEnd(3, '0'));
    at = end + 1;
  }
  return totals;
}

const thousandths = (decimal) => {
  const [whole, fraction = ''] = decimal.split('.');
  return BigInt(whole) * 1000n + BigInt(fraction.slice(0, 3).padEnd(3, '0'));
};

// Both sides must have done the same work: billed quantities agree to the last digit.
function compare(parquet, workspace, records) {
  const run = execute(process.execPath, [path.join(here, 'duckdb.js'), 'totals',
    path.join(scratch, parquet), scratch, '1']);
  const theirs = JSON.parse(run.stdout);
  const ours = lineTotals(workspace);
  for (const { meter, quantity } of theirs)
    if (thousandths(quantity) !== ours[meter])
      throw new Error(`${parquet}: ${meter} is ${quantity} there and ${ours[meter]} thousandths here`);
  const counted = theirs.reduce((sum, row) => sum + Number(row.records), 0);
  if (counted !== records) throw new Error(`${parquet}: ${counted} records there and ${records} here`);
  return counted;
}

function report(group, rounds) {
  const rows = group.tasks.map((task) => {
    const seconds = rounds.map((round) => round.get(task).seconds);
    const peaks = rounds.map((round) => round.get(task).rss_mb);
    return { task, median: median(seconds), min: Math.min(...seconds), max: Math.max(...seconds),
      rss_mb: Math.max(...peaks), seconds };
  });
  console.log(`\n${group.title}`);
  console.log('                                                    median     min     max   M rec/s  peak MB');
  for (const row of rows)
    console.log([`  ${row.task.name}`.padEnd(50),
      row.median.toFixed(2).padStart(8), row.min.toFixed(2).padStart(8), row.max.toFixed(2).padStart(8),
      (options.records / row.median / 1e6).toFixed(2).padStart(9), row.rss_mb.toFixed(0).padStart(8)].join(''));
  for (const ours of rows.filter((row) => !row.task.peer))
    for (const peer of rows.filter((row) => row.task.peer)) {
      const each = ours.seconds.map((s, i) => s / peer.seconds[i]);
      console.log(`  ${ours.task.name} / ${peer.task.name}: ${(ours.median / peer.median).toFixed(2)} of medians, ` +
        `${median(each).toFixed(2)} median of rounds, ${(ours.min / peer.min).toFixed(2)} of the fastest`);
    }
  for (const [task, { phases }] of rounds.at(-1))
    if (phases) console.log(`  ${task.name}, the last run by phase: ${phases.join(', ')}`);
  return rows.map(({ task, ...row }) => ({ task: task.name, ...row }));
}

function measure(group) {
  const rounds = [];
  for (let i = 0; i < Number(options.rounds); i++) {
    const round = new Map();
    const order = i % 2 ? [...group.tasks].reverse() : group.tasks;
    for (const task of order) {
      round.set(task, task.run());
      process.stderr.write(`${i + 1}/${options.rounds} ${task.name}: ${round.get(task).seconds.toFixed(2)} s\n`);
    }
    rounds.push(round);
  }
  return { rows: report(group, rounds), last: rounds.at(-1) };
}

const inputBytes = prepare();
console.log(`${options.records} records of ${options.accounts} accounts, ${(inputBytes / 1e6).toFixed(0)} MB ` +
  `zstd CSV, cpus ${options.cpus} of ${os.cpus()[0].model.trim()}, load ${os.loadavg()[0].toFixed(1)}; seconds`);

const result = { records: Number(options.records), cpus: options.cpus, model: os.cpus()[0].model, groups: [] };
for (const group of groups) {
  const { rows, last } = measure(group);
  result.groups.push({ title: group.title, rows });
  for (const [key, parquets] of [['aggregates', ['groups.parquet']], ['exact', ['any.parquet', 'first.parquet']]]) {
    const ours = [...last].find(([task]) => task === group.tasks.find((t) => t.name.startsWith(`rerate ranks=${n}`)));
    if (group !== groups[key === 'exact' ? 1 : 0]) continue;
    const { aggregated } = ours[1].summary;
    for (const parquet of parquets) compare(parquet, workspaces[key], aggregated);
    const bytes = treeBytes(path.join(workspaces[key], 'state/runs'));
    console.log(`  same records and quantities on both sides: ${aggregated}; state ${(bytes / 1e6).toFixed(1)} MB, ` +
      `${(bytes / aggregated).toFixed(2)} bytes a record; Parquet of the aggregates ` +
      `${(fs.statSync(path.join(scratch, parquets[0])).size / 1e6).toFixed(1)} MB; ${ours[1].summary.lines} lines`);
    result.groups.at(-1).state_bytes_a_record = bytes / aggregated;
  }
}
if (options.json) fs.writeFileSync(options.json, `${JSON.stringify(result, null, 2)}\n`);
