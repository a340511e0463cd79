// Runs: being built.
export function Runs() {
  return (
    <div className="lead">
      <h1>Your runs</h1>
    </div>
  );
}
