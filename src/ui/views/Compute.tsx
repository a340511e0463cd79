// Compute: being built.
export function Compute() {
  return (
    <div className="lead">
      <h1>What it costs</h1>
    </div>
  );
}
