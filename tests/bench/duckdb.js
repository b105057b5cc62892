// One task of DuckDB as a process of its own: node duckdb.js QUERY DATA SCRATCH THREADS
// Prints one JSON object with its peak memory; for `totals`, the totals of a Parquet file.
import { DuckDBInstance } from '@duckdb/node-api';
import { queries, totals } from './queries.js';

const [name, data, scratch, threads] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', {
  threads,
  temp_directory: scratch,
  autoinstall_known_extensions: 'false',
});
const connection = await instance.connect();
await connection.run('SET preserve_insertion_order = false');
if (name === 'totals') {
  const reader = await connection.runAndReadAll(totals(data));
  console.log(JSON.stringify(reader.getRowObjects()));
} else {
  await connection.run(queries[name](data, scratch));
  console.log(JSON.stringify({ rss_mb: process.resourceUsage().maxRSS / 1024 }));
}
