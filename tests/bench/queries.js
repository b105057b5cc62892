// The same work in DuckDB's words. Each query is the fastest of several tried that gives the same
// numbers: explicit types, no order kept, the month as a number, the result written as Parquet.

const columns = {
  event_id: 'VARCHAR',
  account_id: 'VARCHAR',
  timestamp: 'TIMESTAMP',
  meter: 'VARCHAR',
  quantity: 'DECIMAL(18,3)',
  region: 'VARCHAR',
  model: 'VARCHAR',
};

const text = (s) => `'${s.replaceAll("'", "''")}'`;

const usage = (data) => `read_csv(${text(`${data}/usage/*.csv.zst`)}, auto_detect=false,
  header=true, delim=',', quote='"', escape='"', compression='zstd',
  columns={${Object.entries(columns).map(([name, type]) => `${text(name)}: ${text(type)}`)}})`;

const anyCopy = (records) => `(SELECT account_id, event_id, any_value(meter) AS meter,
  any_value(model) AS model, any_value(timestamp) AS timestamp, any_value(quantity) AS quantity
  FROM ${records} GROUP BY account_id, event_id)`;

const firstCopy = (records) => `(SELECT unnest(kept) FROM (SELECT account_id, event_id,
  arg_min({'account_id': account_id, 'meter': meter, 'model': model, 'timestamp': timestamp,
           'quantity': quantity}, timestamp) AS kept
  FROM ${records} GROUP BY account_id, event_id))`;

const monthly = (records, file) => `COPY (SELECT account_id, meter, model,
  year(timestamp) * 12 + month(timestamp) - 1 AS month,
  count(*) AS records, sum(quantity) AS quantity, max(quantity) AS greatest
  FROM ${records} GROUP BY ALL) TO ${text(file)} (FORMAT parquet, COMPRESSION zstd)`;

// The same as the rows of a file that is in order, like those that rerate publishes.
const monthlyInOrder = (records, file) => `COPY (SELECT account_id, month, meter, model,
  count(*) AS records, sum(quantity) AS quantity, max(quantity) AS greatest
  FROM (SELECT *, strftime(timestamp, '%Y-%m') AS month FROM ${records})
  GROUP BY ALL ORDER BY account_id, month, meter, model) TO ${text(file)} (FORMAT csv, HEADER)`;

// The lines of books/aggregates.yaml after an edit of the price of a token.
const priced = (groups, file) => `COPY (SELECT account_id AS account, month, meter AS charge, model,
  CASE meter WHEN 'api_calls' THEN records WHEN 'tokens' THEN quantity ELSE greatest END AS q,
  round(CAST(q AS DECIMAL(18, 3)) *
        CASE meter WHEN 'api_calls' THEN 0.0004 WHEN 'tokens' THEN 0.000003 ELSE 0.02 END, 2) AS amount
  FROM read_parquet(${text(groups)}) ORDER BY account, month, charge, model)
  TO ${text(file)} (FORMAT csv, HEADER)`;

// name: (data folder, scratch folder) => statement
export const queries = {
  aggregates: (data, scratch) => monthly(usage(data), `${scratch}/groups.parquet`),
  any_copy: (data, scratch) => monthly(anyCopy(usage(data)), `${scratch}/any.parquet`),
  first_copy: (data, scratch) => monthly(firstCopy(usage(data)), `${scratch}/first.parquet`),
  aggregates_csv: (data, scratch) => monthlyInOrder(usage(data), `${scratch}/groups.csv`),
  any_copy_csv: (data, scratch) => monthlyInOrder(anyCopy(usage(data)), `${scratch}/any.csv`),
  first_copy_csv: (data, scratch) => monthlyInOrder(firstCopy(usage(data)), `${scratch}/first.csv`),
  rate: (data, scratch) => priced(`${scratch}/groups.parquet`, `${scratch}/lines.csv`),
};

// What both sides must agree on: the number of records and the billed quantity of each meter.
export const totals = (file) => `SELECT meter, sum(records)::VARCHAR AS records,
  sum(CASE meter WHEN 'api_calls' THEN records WHEN 'tokens' THEN quantity ELSE greatest END)::VARCHAR
    AS quantity
  FROM read_parquet(${text(file)}) GROUP BY meter ORDER BY meter`;
