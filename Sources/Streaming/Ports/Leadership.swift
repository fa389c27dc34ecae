/// Who may publish for a cell.
///
/// Alone, an instance leads by locking its state directory; with a group, by being assigned the cell's journal
/// partition.
public protocol Leadership: AnyObject {
    /// Takes the lead or throws with the reason why another has it.
    func acquire() throws
    /// Throws when the lead is lost.
    func prove() throws
    func release()
}
